"""Reading all files as they are at one instant, although no transaction spans two of them.

The outbox is in primary, the queue beside it, and the relay works in three steps: message (primary),
job (queue), "dispatched" (primary). Copied at different moments the two contradict each other: with the
queue first, a message is marked whose job is missing, and its mail is never sent; with primary first,
there is a job for an order that does not exist, and one day there is another order with that id.

So for an instant nobody writes to primary: the snapshots begin while we hold its write lock, for a few
hundred microseconds, and are copied afterwards. What is marked dispatched in one has its job in the
other, and every job has its message. Cache and cable need no such care.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bodega.databases.copies import open_reader
from bodega.databases.layout import FILES, Role
from bodega.databases.opening import open_file

PATIENCE_MS = 30_000


@contextmanager
def one_instant(volume: Path) -> Iterator[dict[Role, sqlite3.Connection]]:
    """Connections that see the files of a volume at one instant, for as long as the block lasts.

    A file whose content may be thrown away (cache, cable) is left out when it is damaged or missing.
    Raises sqlite3.Error when another cannot be read, or the write lock was not to be had in 30 s.
    """
    readers: dict[Role, sqlite3.Connection] = {}
    try:
        for role, file in FILES.items():
            try:
                readers[role] = open_reader(volume / file.name)
            except sqlite3.Error as error:
                if file.alias is not None:
                    raise sqlite3.OperationalError(f"{file.name}: {error}") from error
        with _nobody_writes(volume):
            for reader in readers.values():
                reader.execute("BEGIN").fetchall()
                reader.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        yield readers
    finally:
        for reader in readers.values():
            reader.close()


@contextmanager
def _nobody_writes(volume: Path) -> Iterator[None]:
    writer = open_file("primary", volume)
    try:
        writer.execute(f"PRAGMA busy_timeout={PATIENCE_MS}").fetchall()
        writer.execute("BEGIN IMMEDIATE").fetchall()
        yield
        writer.execute("ROLLBACK").fetchall()
    finally:
        writer.close()
