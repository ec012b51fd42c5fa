"""Getting back what is only in a log that was put aside: rows, compared by primary key.

SQLite itself recovers the log, on a copy of the database in a scratch directory; pages are never mixed
into the living file. Then the copy's rows are compared with the living ones.

When nobody has written since the log was put aside, it simply goes on where the database ends
(`goes_on`), and the database can be made what it was (`take_over`). Otherwise missing rows can be
inserted, in one transaction; rows that differ are only shown, because somebody has to decide.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bodega.databases.rescuing import noted

Row = tuple[Any, ...]

COPIES = 10  # tries for a copy during which nobody checkpointed
TICK_SECONDS = 0.02  # the kernel's times of files are a tick late; the longest tick has 10 ms
BUSY_SECONDS = 5.0


class CannotSalvage(RuntimeError):
    """The log and the database do not fit together; the message says why."""


@dataclass
class Difference:
    """A table in which the salvaged copy knows more. `key`: names of the primary key's columns.

    `is_new`: the living database does not have the table, or has it with other columns.
    """

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    missing: list[Row] = field(default_factory=list)
    differing: list[tuple[Row, Row]] = field(default_factory=list)  # salvaged, living
    deleted: list[Row] = field(default_factory=list)  # asked for only where the log goes on
    is_new: bool = False


@contextmanager
def compared(
    log: Path, database: Path, scratch: Path, base: Path | None = None
) -> Iterator[sqlite3.Connection]:
    """A connection to the living `database` with what the log holds attached as `salvaged`.

    `log`: a `-wal`. `base`: the database it belongs to; without it the one of the same name beside the
    log, or else the living one. `scratch`: an empty directory. Run it in a process that does not have
    the database open. Raises CannotSalvage, sqlite3.Error.
    """
    copy = scratch / "salvaged.sqlite3"
    beside = base or log.with_name(log.name.removesuffix("-wal"))
    if beside.exists() and beside != log:
        shutil.copyfile(beside, copy)
    else:
        _copy_at_rest(database, copy)
    shutil.copyfile(log, scratch / f"{copy.name}-wal")
    _recover(copy)
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys=on").fetchall()
        connection.execute("PRAGMA synchronous=full").fetchall()
        connection.execute("ATTACH ? AS salvaged", (str(copy),))
        yield connection
    finally:
        connection.close()


def goes_on(log: Path, database: Path) -> bool:
    """Whether the log is of this database, and nobody has written since it was put aside.

    Then whatever differs is older in the database.
    """
    about = noted(log.parent)
    living = database.with_name(f"{database.name}-wal")
    if not about or log.with_name(database.name).exists():
        return False  # the database itself was exchanged
    if living.exists() and living.stat().st_size:
        return False
    now = database.stat()
    put_aside = datetime.fromisoformat(about["at"]).timestamp()
    return bool(now.st_ino == about["inode"] and now.st_mtime + TICK_SECONDS < put_aside)


def differences(connection: sqlite3.Connection, *, goes_on: bool = False) -> list[Difference]:
    """The tables in which the salvaged copy has rows that are missing or different in the living one.

    `goes_on`: rows that it does not have any more are told, too.
    """
    found = []
    salvaged, living = _tables(connection, "salvaged"), _tables(connection, "main")
    for table in salvaged:
        if living.get(table) != salvaged[table] and (goes_on or table not in living):
            found.append(_new_table(connection, table))
            continue
        columns, key = _columns(connection, table)
        difference = Difference(table, columns, key)
        difference.missing = _missing(connection, difference)
        difference.differing = _differing(connection, difference)
        if goes_on:
            difference.deleted = _missing(connection, difference, "main", "salvaged")
        if difference.missing or difference.differing or difference.deleted:
            found.append(difference)
    return found


def insert_missing(
    connection: sqlite3.Connection, found: list[Difference]
) -> tuple[int, list[str]]:
    """Insert what is missing, all or nothing; how many rows, and a sentence for each that conflicts.

    Raises CannotSalvage when rows would point at nothing; nothing was changed then.
    """
    conflicts: list[str] = []
    inserted = 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("PRAGMA defer_foreign_keys=on").fetchall()
        for difference in found:
            if difference.is_new:
                conflicts.append(f"{difference.table}: the living database has no such table")
                continue
            for row in difference.missing:
                try:
                    inserted += _insert(connection, difference, row)
                except sqlite3.IntegrityError as error:
                    conflicts.append(f"{difference.table} {shown(row)}: {error}")
        try:
            connection.execute("COMMIT")
        except sqlite3.IntegrityError as error:
            raise CannotSalvage(
                f"the missing rows refer to rows that are in neither place: {error}"
            ) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return inserted, conflicts


def take_over(connection: sqlite3.Connection, database: Path) -> None:
    """Make the living database what it was for the process that put its log aside; all or nothing.

    Right only where the log goes on. Raises sqlite3.Error.
    """
    living: sqlite3.Connection = sqlite3.connect(
        database, isolation_level=None, timeout=BUSY_SECONDS
    )
    try:
        living.execute("PRAGMA synchronous=full").fetchall()
        connection.backup(living, name="salvaged")
    finally:
        living.close()


def keep_copy(connection: sqlite3.Connection, database: Path, now: datetime) -> Path:
    """A whole copy of the living database beside it, before it is changed."""
    copy = database.with_name(f"{database.stem}.before-salvage-{now:%Y%m%d-%H%M%S}.sqlite3")
    connection.execute("VACUUM main INTO ?", (str(copy),))
    return copy


def shown(row: Row, width: int = 40) -> str:
    """A row on one line."""
    words = (repr(value) for value in row)
    return "(" + ", ".join(w if len(w) <= width else f"{w[: width - 1]}…" for w in words) + ")"


def _copy_at_rest(database: Path, copy: Path) -> None:
    """Copy the file itself, without its log, between two checkpoints."""
    for _ in range(COPIES):
        before = database.stat()
        shutil.copyfile(database, copy)
        after = database.stat()
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            return
    raise CannotSalvage(f"{database} keeps changing; stop the shop and try again")


def _recover(copy: Path) -> None:
    connection = sqlite3.connect(copy, isolation_level=None)
    try:
        wrong = [line for (line,) in connection.execute("PRAGMA main.integrity_check(5)")]
        connection.execute("PRAGMA journal_mode=delete").fetchall()
    except sqlite3.DatabaseError as error:
        wrong = [str(error)]
    finally:
        connection.close()
    if wrong != ["ok"]:
        raise CannotSalvage(
            "the database was changed after the log was put aside, so they do not fit together any "
            f"more ({'; '.join(wrong)[:200]}). Use a backup of the database from that time: --base"
        )


def _tables(connection: sqlite3.Connection, schema: str) -> dict[str, tuple[str, ...]]:
    """Ordinary tables with their columns; a search index and other virtual tables are made anew
    from them."""
    names = sorted(
        name
        for _, name, kind, *_ in connection.execute(f"PRAGMA {schema}.table_list").fetchall()
        if kind == "table" and not name.startswith("sqlite_")
    )
    return {name: _names(connection, schema, name) for name in names}


def _names(connection: sqlite3.Connection, schema: str, table: str) -> tuple[str, ...]:
    rows = connection.execute(f"PRAGMA {schema}.table_xinfo({_quoted(table)})").fetchall()
    return tuple(row[1] for row in rows)


def _new_table(connection: sqlite3.Connection, table: str) -> Difference:
    rows = connection.execute(f"SELECT * FROM salvaged.{_quoted(table)}").fetchall()  # noqa: S608 - the schema's own names
    columns = _names(connection, "salvaged", table)
    return Difference(table, columns, (), rows, is_new=True)


def _columns(connection: sqlite3.Connection, table: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns both have, and the primary key; generated columns follow from the others."""
    rows = connection.execute(f'PRAGMA salvaged.table_xinfo("{table}")').fetchall()
    living = connection.execute(f'PRAGMA main.table_xinfo("{table}")').fetchall()
    names = {name for _, name, *_ in living}
    columns = tuple(row[1] for row in rows if row[6] == 0 and row[1] in names)
    key = tuple(row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5])
    return (columns, key) if key else (("rowid", *columns), ("rowid",))


def _missing(
    connection: sqlite3.Connection, of: Difference, has: str = "salvaged", lacks: str = "main"
) -> list[Row]:
    sql = (
        f"SELECT {_list(of.columns, 's')} FROM {has}.{_quoted(of.table)} s "  # noqa: S608 - the schema's own names
        f"WHERE NOT EXISTS (SELECT 1 FROM {lacks}.{_quoted(of.table)} m WHERE {_same_key(of)})"
    )
    return connection.execute(sql).fetchall()


def _differing(connection: sqlite3.Connection, of: Difference) -> list[tuple[Row, Row]]:
    ours, theirs = _list(of.columns, "s"), _list(of.columns, "m")
    sql = (
        f"SELECT {ours}, {theirs} FROM salvaged.{_quoted(of.table)} s "  # noqa: S608 - the schema's own names
        f"JOIN main.{_quoted(of.table)} m ON {_same_key(of)} WHERE ({ours}) IS NOT ({theirs})"
    )
    if len(of.columns) == 1:
        return []  # the key alone is the row
    count = len(of.columns)
    return [(row[:count], row[count:]) for row in connection.execute(sql)]


def _insert(connection: sqlite3.Connection, into: Difference, row: Row) -> int:
    names, marks = _list(into.columns), ", ".join("?" * len(row))
    sql = f"INSERT INTO main.{_quoted(into.table)} ({names}) VALUES ({marks})"  # noqa: S608 - the schema's own names
    return connection.execute(sql, row).rowcount


def _same_key(of: Difference) -> str:
    return " AND ".join(f"m.{_quoted(name)} = s.{_quoted(name)}" for name in of.key)


def _list(names: tuple[str, ...], of: str = "") -> str:
    return ", ".join(f"{of}.{_quoted(name)}" if of else _quoted(name) for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
