"""The words of `bodega sql`. Read with getopt: argparse costs 0.6 of the 15 MB."""

from getopt import GetoptError, gnu_getopt
from typing import NamedTuple, get_args

from bodega.databases.layout import Role

ROLES: tuple[str, ...] = get_args(Role)
READING_SECONDS, WRITING_SECONDS, MOST_SECONDS = 60.0, 2.0, 86_400.0

USAGE = """\
usage: bodega sql [options] [SQL …]

Ask the shop's files in SQL, beside a living shop. Reads only, unless --write.
Without SQL: a shell, or the statements that come from stdin.

  --file NAME     primary (default), queue, cache, cable, or any copy's path
  --attach A,B    more files under their names, or all: … FROM queue.jobs_job
  --volume DIR    default: $BODEGA_VOLUME, or ./storage
  --csv, --json   answer for programs; the default is a table for people
  --full          do not cut long texts on a terminal
  --timeout S     seconds for a statement: 60, with --write 2; 0: no limit
  --no-history    keep nothing of what is typed
  --write         change rows; asks for the shop's name, and before it commits
    --shop NAME   … the shop's name, for scripts
    --yes         … commit unasked; with SQL or stdin only
"""
WITH_VALUE = ("file", "attach", "volume", "timeout", "shop")
ALONE = ("csv", "json", "full", "no-history", "write", "yes", "help")


class WrongWords(ValueError):
    """The command line makes no sense; the message says why."""


class Options(NamedTuple):
    """What was asked for. `format`: "table", "csv" or "json"; `seconds`: for a statement, 0 no limit."""

    sql: list[str]
    file: str
    attach: list[str]
    volume: str | None
    format: str
    is_full: bool
    seconds: float
    has_history: bool
    may_write: bool
    shop: str | None
    is_agreed: bool
    wants_help: bool


def parse(words: list[str]) -> Options:
    """Read the command line. Raises WrongWords."""
    try:
        pairs, sql = gnu_getopt(words, "h", [*ALONE, *(f"{name}=" for name in WITH_VALUE)])
    except GetoptError as error:
        raise WrongWords(error.msg) from None
    given = {name.lstrip("-"): value for name, value in pairs}
    may_write = "write" in given
    _refuse_nonsense(given)
    return Options(
        sql=sql,
        file=given.get("file", "primary"),
        attach=_roles(given.get("attach", "")),
        volume=given.get("volume"),
        format="csv" if "csv" in given else "json" if "json" in given else "table",
        is_full="full" in given,
        seconds=_seconds(given.get("timeout"), WRITING_SECONDS if may_write else READING_SECONDS),
        has_history="no-history" not in given,
        may_write=may_write,
        shop=given.get("shop"),
        is_agreed="yes" in given,
        wants_help="help" in given or "h" in given,
    )


def _refuse_nonsense(given: dict[str, str]) -> None:
    if {"csv", "json"} <= given.keys():
        raise WrongWords("--csv or --json, not both")
    if "write" not in given and given.keys() & {"shop", "yes"}:
        raise WrongWords("--shop and --yes belong to --write")
    if "write" in given and given.get("file", "primary") not in ROLES:
        raise WrongWords(f"--write is for the shop's own files: {', '.join(ROLES)}")


def _roles(text: str) -> list[str]:
    names = list(ROLES) if text == "all" else text.split(",") if text else []
    for name in names:
        if name not in ROLES:
            raise WrongWords(f"--attach: '{name}' is none of {', '.join(ROLES)}, all")
    return names


def _seconds(text: str | None, default: float) -> float:
    if text is None:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MOST_SECONDS:
        raise WrongWords(
            f"--timeout: '{text}' is not a number of seconds from 0 to {MOST_SECONDS:.0f}"
        )
    return seconds
