"""What is audited: the rows of a shop as they were at one moment, and its order journal.

The journal's end is noted before the snapshot begins: what it says up to there was committed before, so
a row that is missing is missing. The other way round, rows may be a moment ahead of the journal and of
everything else that follows a commit; `settled` leaves those out.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from bodega.databases.journal import journal_files, last_link
from bodega.databases.layout import FILES
from bodega.databases.looking import CannotLook, Reader
from bodega.ops.backup.history import restores

NAME = "orders"  # orders.journaling has the same; this runs without Django
CACHE_KIB = 16_000
IN_FLIGHT = timedelta(minutes=1)

Row = Mapping[str, Any]
Restored = tuple[datetime, datetime]  # the backup's instant, and when it was restored


@dataclass(frozen=True, eq=False)
class Books:
    """`journal`: the directory of the order journal. `end`: its last record before the snapshot.
    `restores`: from when to when the shop was set back by restoring a backup.

    The SQL asked here is portable; a twin for PostgreSQL writes %s for ? and begins its snapshot with
    ISOLATION LEVEL REPEATABLE READ, READ ONLY.
    """

    connection: sqlite3.Connection
    journal: Path
    end: int
    now: datetime
    restores: tuple[Restored, ...] = ()

    def rows(self, sql: str, *parameters: Any) -> Iterator[Row]:
        """The rows of a query, one by one, by column. Raises sqlite3.Error."""
        cursor = self.connection.cursor()
        cursor.row_factory = _by_column
        yield from cursor.execute(sql, parameters)

    def value(self, sql: str, *parameters: Any) -> Any:
        """The only value of a query."""
        return self.connection.execute(sql, parameters).fetchone()[0]

    def ago(self, span: timedelta) -> str:
        """A moment as the columns have it, to compare with: UTC without saying so."""
        return (self.now - span).replace(tzinfo=None).isoformat(" ")

    @cached_property
    def settled(self) -> str:
        """What is older is no longer in flight."""
        return self.ago(IN_FLIGHT)


@contextmanager
def open_books(volume: Path, journal: Path, now: datetime) -> Iterator[Books]:
    """A snapshot of the shop in `volume`, for as long as the block lasts.

    Raises CannotLook: there is no shop, or somebody opened a shop that was closed while it was read
    (which then was not under SQLite's protection: ask again).
    """
    end = last_link(journal_files(journal, NAME)).seq
    reader = Reader({"main": str(volume / FILES["primary"].name)})
    try:
        connection = reader.connection
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the snapshot is now
        yield Books(connection, journal, end, now, tuple(restores(volume)))
        if not reader.is_current():
            raise CannotLook("The shop was opened while it was being audited. Ask again.")
    finally:
        reader.close()


def _by_column(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
