"""What SQLite itself can say about a file: pages, references, and the counter of ids.

None of it proves that no row is missing (design 3.1: nearly every loss leaves `integrity_check` at "ok",
and a gap in the counter has harmless causes). On PostgreSQL the first two cannot happen, and the third
is `last_value` of the table's sequence.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

MOST_COMPLAINTS = 100


@dataclass(frozen=True, slots=True)
class Orphan:
    """A row that refers to one that is not there. `rowid` None: of a table without rowids."""

    table: str
    rowid: int | None
    parent: str


def complaints(connection: sqlite3.Connection) -> list[str]:
    """What `integrity_check` has to say; empty when every page and index is as it should be."""
    sql = f"PRAGMA integrity_check({MOST_COMPLAINTS})"
    found = [str(text) for (text,) in connection.execute(sql).fetchall()]
    return [] if found == ["ok"] else found


def orphans(connection: sqlite3.Connection) -> Iterator[Orphan]:
    """Every reference that leads nowhere."""
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Orphan(table, rowid, parent)


def sequence(connection: sqlite3.Connection, table: str) -> int | None:
    """The highest id a committed transaction ever drew for an AUTOINCREMENT table.

    None: the table has no such counter (https://sqlite.org/autoinc.html), or nothing was ever inserted.
    Rolled back and killed transactions draw none; INSERT OR IGNORE and upserts that find a row do.
    """
    named = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"
    if connection.execute(named).fetchone() is None:
        return None
    sql = "SELECT seq FROM sqlite_sequence WHERE name = ? COLLATE NOCASE"
    row = connection.execute(sql, (table,)).fetchone()
    return None if row is None or row[0] is None else int(row[0])
