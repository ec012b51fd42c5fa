"""For how long an operation holds the write lock, from the number of rows.

Measured on a busy machine with two cores (300,000 rows of 150 bytes, ext4): a rebuild takes 5 µs a row
and 1 to 4 µs a row for each index, Django's check of all foreign keys after every migration 0.3 to 0.7
µs a row. Good within a factor of three; a slow disk is slower.
"""

from collections.abc import Iterable
from typing import Any

from bodega.databases.migrating.rehearsing import Rehearsal

COPY_ROW = 5e-6  # seconds
INDEX_ROW = 3e-6
CHECK_ROW = 0.7e-6


class Rows:
    """How many rows the tables of a database have; counted once, when asked."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._counts: dict[str, int] = {}

    def count(self, table: str) -> int:
        """The rows of a table; 0 when there is none of that name yet."""
        if table not in self._counts:
            with self._connection.cursor() as cursor:
                exists = cursor.execute(
                    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = %s", [table]
                ).fetchone()
                quoted = self._connection.ops.quote_name(table)
                count = f"SELECT count(*) FROM {quoted}"  # noqa: S608 - a table's name
                self._counts[table] = cursor.execute(count).fetchone()[0] if exists else 0
        return self._counts[table]

    def indexes(self, table: str) -> int:
        """How many indexes a table has."""
        with self._connection.cursor() as cursor:
            found = cursor.execute("SELECT count(*) FROM pragma_index_list(%s)", [table])
            return int(found.fetchone()[0])

    def referring(self) -> int:
        """The rows of all tables that refer to others."""
        with self._connection.cursor() as cursor:
            tables = cursor.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' "
                "AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(sqlite_schema.name))"
            ).fetchall()
        return sum(self.count(table) for (table,) in tables)


def seconds(rehearsal: Rehearsal, rows: Rows) -> float:
    """How long the write lock is held for one operation, without the check of foreign keys."""
    rebuilding = sum(
        rows.count(table) * (COPY_ROW + INDEX_ROW * rows.indexes(table))
        for table in rehearsal.rebuilt
    )
    return rebuilding + sum(rows.count(table) * INDEX_ROW for table in rehearsal.scanned)


def checking(rows: Rows) -> float:
    """How long Django's check of all foreign keys takes at the end of a migration, under the lock."""
    return rows.referring() * CHECK_ROW


def biggest(rehearsals: Iterable[Rehearsal], rows: Rows) -> str:
    """The table that takes longest, for people; "" when none is rebuilt."""
    tables = {table for rehearsal in rehearsals for table in rehearsal.rebuilt}
    return max(tables, key=rows.count, default="")
