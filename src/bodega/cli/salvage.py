"""`bodega salvage`: what is in the logs that dying processes put aside, and back with it.

Lists by default. --apply puts it into the database, in one transaction, after a copy of the database
was put beside it. When nothing is left to decide, the folder is settled: the shop may start again.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import bodega.databases  # noqa: F401 - one SQLite library
from bodega.databases import leftovers, wal
from bodega.databases.layout import volume_directory
from bodega.databases.rescuing import noted
from bodega.databases.salvaging import CannotSalvage, Difference, shown
from bodega.databases.volume import VolumeError, read_identity
from bodega.lib.clock import utc_now

ROWS_SHOWN = 20
REFUSED, LEFT = 1, 3


class Unknown(LookupError):
    """What is meant cannot be told from what was given."""


def run(arguments: list[str]) -> int:
    """Exit codes: 0 nothing is missing (any more), 1 refused, 3 rows are missing or differ."""
    options = _parser().parse_args(arguments)
    try:
        given = options.file or _latest_first()
    except VolumeError as error:
        print(f"bodega salvage: {error}", file=sys.stderr)
        return REFUSED
    if not given:
        print(f"Nothing waits to be salvaged in {volume_directory()}.")
    codes = {_look_into(each, options) for each in given}
    return REFUSED if REFUSED in codes else max(codes, default=0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bodega salvage",
        description="List what is in put-aside logs and not in the database.",
        epilog="Without FILE: whatever waits in $BODEGA_VOLUME/salvage. As long as something waits "
        "there after files were exchanged, no shop starts.",
    )
    parser.add_argument(
        "file", nargs="*", type=Path, help="folders of VOLUME/salvage, or a -wal in one"
    )
    parser.add_argument("--database", type=Path, help="compare with this one (default: its own)")
    parser.add_argument("--base", type=Path, help="a backup of the database that fits the log")
    parser.add_argument("--table", action="append", help="only this table; may be repeated")
    parser.add_argument("--apply", action="store_true", help="put it back")
    parser.add_argument(
        "--settle",
        action="store_true",
        help="leave the rest as it is; the shop may start",
    )
    return parser


def _latest_first() -> list[Path]:
    """What waits; the processes of a shop put the same log aside, and the last has all of it."""
    read_identity(volume_directory())
    return sorted(
        leftovers.waiting(volume_directory()),
        key=lambda folder: str(noted(folder).get("at", "")),
        reverse=True,
    )


def _look_into(given: Path, options: argparse.Namespace) -> int:
    import sqlite3  # here: it must come after bodega.databases

    folder = given if given.is_dir() else given.parent
    if not options.file and folder not in leftovers.waiting(volume_directory()):
        return 0  # settled a moment ago, together with another one
    try:
        log, database = _meant(given, options)
        print(_described(log))
        code = _salvage(log, database, options)
        if not code and not options.table and noted(folder):
            _settle_all(folder, log)
    except (Unknown, CannotSalvage, wal.NotALog, sqlite3.Error, OSError) as error:
        print(f"bodega salvage: {error}", file=sys.stderr)
        code = REFUSED
    if code and options.settle:
        _settle(folder, "settled by somebody who has looked, with --settle")
        return 0
    if code == LEFT:
        print(f"To leave the rest as it is, and start: bodega salvage {folder} --settle")
    return code


def _meant(given: Path, options: argparse.Namespace) -> tuple[Path, Path]:
    log = next(iter(sorted(given.glob("*-wal"))), None) if given.is_dir() else given
    about = noted(log.parent) if log else {}
    database = options.database or (Path(about["database"]) if about else None)
    if log is None or database is None or not database.exists():
        raise Unknown(
            f"{given} has no -wal, or nobody says to which database it belongs. "
            "Give a folder of salvage/, or a -wal and --database."
        )
    return log, database


def _described(path: Path) -> str:
    if not path.stat().st_size:
        return f"{path}: nothing was committed into it."
    log = wal.read(path)
    return (
        f"{path}: {log.commits} commits in {log.frames} frames, {log.pages} different pages; "
        f"then {log.stopped}."
    )


def _salvage(log: Path, database: Path, options: argparse.Namespace) -> int:
    """0 when nothing is left, LEFT otherwise."""
    from bodega.databases import salvaging

    goes_on = not options.base and salvaging.goes_on(log, database)
    with (
        tempfile.TemporaryDirectory(prefix="bodega-salvage-") as scratch,
        salvaging.compared(log, database, Path(scratch), options.base) as connection,
    ):
        found = salvaging.differences(connection, goes_on=goes_on)
        if options.table:
            found = [each for each in found if each.table in options.table]
        for line in (line for difference in found for line in _told(difference)):
            print(line)
        is_whole = goes_on and not options.table
        if not options.apply or not ((is_whole and found) or any(each.missing for each in found)):
            print(_verdict(found, database, is_whole=is_whole))
            return LEFT if found else 0
        print(f"A copy as it was: {salvaging.keep_copy(connection, database, utc_now())}")
        if is_whole:
            salvaging.take_over(connection, database)
            print(f"{database} is again what it was when the log was put aside.")
            return 0
        inserted, conflicts = salvaging.insert_missing(connection, found)
    print(f"{inserted} rows were inserted into {database}.")
    for conflict in conflicts:
        print(f"not inserted: {conflict}")
    return LEFT if conflicts or any(each.differing for each in found) else 0


def _told(found: Difference) -> Iterator[str]:
    missing, differing, deleted = found.missing, found.differing, found.deleted
    new = ", a table that the database does not have like this" if found.is_new else ""
    yield f"\n{found.table} ({', '.join(found.columns)}){new}"
    yield from (f"  missing   {shown(row)}" for row in missing[:ROWS_SHOWN])
    for ours, theirs in differing[:ROWS_SHOWN]:
        yield f"  salvaged  {shown(ours)}\n  living    {shown(theirs)}"
    yield from (f"  deleted   {shown(row)}" for row in deleted[:ROWS_SHOWN])
    more = sum(max(0, len(each) - ROWS_SHOWN) for each in (missing, differing, deleted))
    if more:
        yield f"  … and {more} more"


def _verdict(found: list[Difference], database: Path, *, is_whole: bool) -> str:
    if not found:
        return f"Nothing is missing: {database} has every row of the log."
    words = f"\n{database}: {_counted(found)}."
    if is_whole:
        return (
            f"{words} Nobody has written since, so all of it can come back: the same with --apply"
        )
    return f"{words} To insert the missing ones: the same command with --apply"


def _counted(found: list[Difference]) -> str:
    missing = sum(len(each.missing) for each in found)
    differing = sum(len(each.differing) for each in found)
    deleted = sum(len(each.deleted) for each in found)
    words = f"{missing} rows are missing, {differing} differ"
    return f"{words}, {deleted} were deleted" if deleted else words


def _settle_all(folder: Path, log: Path) -> None:
    """The folder, and those that hold the same log: each process of a shop puts its own copy aside."""
    _settle(folder, "nothing is missing any more")
    for other in leftovers.waiting(folder.parent.parent):
        theirs = other / log.name
        if theirs.exists() and (not theirs.stat().st_size or wal.is_within(theirs, log)):
            _settle(other, f"the same log as {folder.name}")


def _settle(folder: Path, decision: str) -> None:
    if not (folder / leftovers.SETTLED).exists():
        leftovers.settle(folder, decision, utc_now())
        print(f"Settled: {folder} ({decision}).")
