"""Is a copy whole? Every page, every index, every reference, every row that was there."""

import sqlite3
from pathlib import Path

from bodega.databases.copies import open_copy
from bodega.databases.layout import Role
from bodega.ops.backup.sums import Facts, facts

SHOWN = 3


class CopyDamaged(RuntimeError):
    """A copy is not what it should be; the message says what differs."""


def check(path: Path, role: Role, expected: Facts) -> list[str]:
    """Verify a copy against what was counted in the original.

    Returns complaints that the original has too (references to rows that do not exist): worth saying,
    no reason to go without a backup. Raises CopyDamaged.
    """
    try:
        connection = open_copy(path)
    except sqlite3.Error as error:
        raise CopyDamaged(f"{path.name} cannot be opened: {error}") from error
    try:
        _refuse(path, _structure(connection))
        _refuse(path, expected.differences(facts(connection, role)))
        return _references(connection)
    except sqlite3.Error as error:
        raise CopyDamaged(f"{path.name} cannot be read: {error}") from error
    finally:
        connection.close()


def _structure(connection: sqlite3.Connection) -> list[str]:
    told = [row[0] for row in connection.execute(f"PRAGMA integrity_check({SHOWN})").fetchall()]
    return [] if told == ["ok"] else told


def _refuse(path: Path, wrong: list[str]) -> None:
    if wrong:
        more = f" (and {len(wrong) - SHOWN} more)" if len(wrong) > SHOWN else ""
        raise CopyDamaged(f"{path.name}: {'; '.join(wrong[:SHOWN])}{more}")


def _references(connection: sqlite3.Connection) -> list[str]:
    broken: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        broken[table, parent] = broken.get((table, parent), 0) + 1
    return [
        f"{count} rows of {table} point at rows of {parent} that do not exist"
        for (table, parent), count in sorted(broken.items())
    ]
