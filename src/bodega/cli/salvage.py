"""`bodega salvage`: what a log holds that was put aside when a process lost its files, and back with it.

Lists by default. --apply inserts the missing rows into the database, in one transaction, after a copy
of the database was put beside it.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import bodega.databases  # noqa: F401 - one SQLite library
from bodega.databases import wal
from bodega.lib.clock import utc_now

ROWS_SHOWN = 20


def run(arguments: list[str]) -> int:
    """Exit codes: 0 nothing is missing (any more), 1 refused, 3 rows are missing or differ."""
    import sqlite3

    from bodega.databases.salvaging import CannotSalvage

    options = _parser().parse_args(arguments)
    log = _log(options.file)
    database = options.database or _database(log)
    if log is None or database is None or not database.exists():
        print(
            f"bodega salvage: {options.file} has no -wal, or nobody says to which database it belongs. "
            "Give a folder of salvage/, or a -wal and --database.",
            file=sys.stderr,
        )
        return 1
    try:
        print(_described(log, wal.read(log)))
        return _salvage(log, database, options)
    except (CannotSalvage, wal.NotALog, sqlite3.Error, OSError) as error:
        print(f"bodega salvage: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bodega salvage",
        description="List the rows in a put-aside log that the database does not have.",
    )
    parser.add_argument("file", type=Path, help="a folder of VOLUME/salvage, or a -wal in it")
    parser.add_argument("--database", type=Path, help="compare with this one (default: its own)")
    parser.add_argument("--base", type=Path, help="a backup of the database that fits the log")
    parser.add_argument("--table", action="append", help="only this table; may be repeated")
    parser.add_argument("--apply", action="store_true", help="insert the missing rows")
    return parser


def _log(given: Path) -> Path | None:
    return next(iter(sorted(given.glob("*-wal"))), None) if given.is_dir() else given


def _database(log: Path | None) -> Path | None:
    """The database the log was taken from, as `rescuing` noted it."""
    about = log.with_name("about.json") if log else None
    if about is None or not about.exists():
        return None
    return Path(json.loads(about.read_text())["database"])


def _described(path: Path, log: wal.Log) -> str:
    return (
        f"{path}: {log.commits} commits in {log.frames} frames, {log.pages} different pages; "
        f"then {log.stopped}."
    )


def _salvage(log: Path, database: Path, options: argparse.Namespace) -> int:
    from bodega.databases import salvaging

    with (
        tempfile.TemporaryDirectory(prefix="bodega-salvage-") as scratch,
        salvaging.compared(log, database, Path(scratch), options.base) as connection,
    ):
        found = salvaging.differences(connection)
        if options.table:
            found = [each for each in found if each.table in options.table]
        for difference in found:
            _tell(difference)
        missing = sum(len(each.missing) for each in found)
        differing = sum(len(each.differing) for each in found)
        if not options.apply or not missing:
            print(_verdict(missing, differing, database))
            return 3 if missing or differing else 0
        print(f"A copy as it was: {salvaging.keep_copy(connection, database, utc_now())}")
        inserted, conflicts = salvaging.insert_missing(connection, found)
    print(f"{inserted} rows were inserted into {database}.")
    for conflict in conflicts:
        print(f"not inserted: {conflict}")
    return 3 if conflicts or differing else 0


def _tell(difference: object) -> None:
    from bodega.databases.salvaging import Difference, shown

    assert isinstance(difference, Difference)
    missing, differing = difference.missing, difference.differing
    print(f"\n{difference.table} ({', '.join(difference.columns)})")
    for row in missing[:ROWS_SHOWN]:
        print(f"  missing   {shown(row)}")
    for ours, theirs in differing[:ROWS_SHOWN]:
        print(f"  salvaged  {shown(ours)}\n  living    {shown(theirs)}")
    more = max(0, len(missing) - ROWS_SHOWN) + max(0, len(differing) - ROWS_SHOWN)
    if more:
        print(f"  … and {more} more")


def _verdict(missing: int, differing: int, database: Path) -> str:
    if not missing and not differing:
        return f"Nothing is missing: {database} has every row of the log."
    words = f"\n{missing} rows are missing in {database}, {differing} differ."
    if missing:
        words += " To insert the missing ones: the same command with --apply"
    return words
