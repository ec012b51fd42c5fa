"""What an operator does after a guard has stopped a process: salvage, enter again, restore."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bodega.databases import leftovers, salvaging
from bodega.databases.journal_reading import Entry, read
from bodega.databases.volume import IDENTITY
from bodega.ops.backup.restoring import CannotRestore, exchange, refuse_occupied

ENTER = "INSERT INTO orders (token, who) VALUES (?, ?) ON CONFLICT DO NOTHING"


def salvage(database: Path) -> list[str]:
    """`bodega salvage --apply` of every log that was put aside; a sentence for each that had rows."""
    found = []
    for folder in leftovers.waiting(database.parent):
        if (folder / database.name).exists():
            # The database was replaced: its sidecars belong to the former one.
            for suffix in ("-wal", "-shm"):
                database.with_name(database.name + suffix).unlink(missing_ok=True)
        log = folder / f"{database.name}-wal"
        with (
            TemporaryDirectory(dir=folder) as scratch,
            salvaging.compared(log, database, Path(scratch)) as connection,
        ):
            rows, _ = salvaging.insert_missing(connection, salvaging.differences(connection))
        if rows:
            found.append(f"{rows} orders put back by bodega salvage")
        leftovers.settle(folder, f"{rows} rows put back", datetime.now(UTC))
    return found


def enter_again(database: Path, journal: str) -> list[str]:
    """Enter what only the order journal knows."""
    entries = [
        each for each in read(database.parent / "journal", journal) if isinstance(each, Entry)
    ]
    connection = sqlite3.connect(database)
    with connection:
        count = sum(
            connection.execute(ENTER, (entry.data["token"], entry.data["who"])).rowcount
            for entry in entries
        )
    connection.close()
    return [f"{count} orders entered again from the order journal"] if count else []


def restore(backup: Path, database: Path) -> tuple[str, Path | None]:
    """`bodega restore`: never over a living volume, never over the old files.

    What it says, and where the former volume is now; None when nothing was done.
    """
    volume = database.parent
    try:
        refuse_occupied(volume)
    except CannotRestore as refusal:
        return str(refusal), None
    fresh = volume.with_name("fresh")
    fresh.mkdir()
    (fresh / IDENTITY).write_bytes((volume / IDENTITY).read_bytes())
    backup.rename(fresh / database.name)
    kept = exchange(fresh, volume, f"{datetime.now(UTC):%Y%m%d-%H%M%S}")
    return f"restored beside the former volume, which is kept as {kept}", kept
