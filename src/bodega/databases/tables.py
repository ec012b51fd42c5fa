"""What a schema says about a table: its ids, what can refuse a row, who refers to it. SQLite only."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from bodega.databases import soundness


class NoSuchTable(LookupError):
    """The message says which tables and columns there are."""


@dataclass(frozen=True)
class Table:
    """`id`: the column whose numbers SQLite gives. `keeps_count`: AUTOINCREMENT, so an id is never given
    again. `unique`, `required`: what can refuse a row. `has_cascade`: rows may go with their parents."""

    name: str
    id: str
    keeps_count: bool
    columns: tuple[str, ...]
    unique: tuple[str, ...]
    required: tuple[str, ...]
    has_cascade: bool
    refuses_deletes: bool


def describe(connection: sqlite3.Connection, name: str, id_column: str = "") -> Table:
    """Read the schema. `id_column`: "" for the primary key. Raises NoSuchTable, sqlite3.Error."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
        (name,),
    ).fetchone()
    if found is None:
        names = [row[0] for row in connection.execute(_TABLES).fetchall()]
        raise NoSuchTable(f"there is no table '{name}'. There are: {', '.join(names) or 'none'}")
    table, sql = found
    columns = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    keys = [row for row in columns if row[5]]
    numbers = [row[1] for row in keys if len(keys) == 1 and row[2].upper() == "INTEGER"]
    if not id_column and not numbers:
        raise NoSuchTable(f"'{table}' has no INTEGER PRIMARY KEY. Say which column: --id-column")
    if id_column and id_column not in [row[1] for row in columns]:
        raise NoSuchTable(f"'{table}' has no column '{id_column}'")
    cascades = connection.execute(f"PRAGMA foreign_key_list({quoted(table)})").fetchall()
    return Table(
        name=table,
        id=id_column or numbers[0],
        keeps_count=bool(re.search(r"\bAUTOINCREMENT\b", sql, re.IGNORECASE)),
        columns=tuple(row[1] for row in columns),
        unique=tuple(_unique(connection, table)),
        required=tuple(row[1] for row in columns if row[3] and not row[5]),
        has_cascade=any(row[6] == "CASCADE" for row in cascades),
        refuses_deletes=connection.execute(_REFUSALS, (table,)).fetchone() is not None,
    )


def referring(connection: sqlite3.Connection, table: Table) -> Iterator[tuple[str, str]]:
    """Tables and columns that hold ids of this one: by a foreign key, or by the name of the column."""
    stem = table.name.lower().rstrip("s")
    for (name,) in connection.execute(_TABLES).fetchall():
        if name == table.name:
            continue
        keys = connection.execute(f"PRAGMA foreign_key_list({quoted(name)})").fetchall()
        named = {row[3] for row in keys if row[2].lower() == table.name.lower()}
        for column in connection.execute(f"PRAGMA table_info({quoted(name)})").fetchall():
            if column[1] in named or column[1].lower() in (
                f"{stem}_id",
                f"{table.name.lower()}_id",
            ):
                yield name, column[1]


def analyzed(connection: sqlite3.Connection, table: Table) -> int | None:
    """How many rows the table had when somebody last ran ANALYZE; None when nobody did."""
    there = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'"
    if connection.execute(there).fetchone() is None:
        return None
    sql = "SELECT stat FROM sqlite_stat1 WHERE tbl = ? COLLATE NOCASE"
    counts = [str(row[0]).split()[0] for row in connection.execute(sql, (table.name,)).fetchall()]
    return max((int(count) for count in counts if count.isdecimal()), default=None)


def sequence(connection: sqlite3.Connection, table: Table) -> int | None:
    """`soundness.sequence`, for a described table."""
    return soundness.sequence(connection, table.name) if table.keeps_count else None


def quoted(name: str) -> str:
    """A name as SQL has it, whatever it contains."""
    return '"' + name.replace('"', '""') + '"'


def _unique(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    for row in connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall():
        if row[2] and row[3] != "pk":
            columns = connection.execute(f"PRAGMA index_info({quoted(row[1])})").fetchall()
            yield ", ".join(str(column[2]) for column in columns)


_TABLES = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
)
_REFUSALS = """
    SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE
        AND sql LIKE '%BEFORE DELETE%' AND sql LIKE '%RAISE%'
"""
