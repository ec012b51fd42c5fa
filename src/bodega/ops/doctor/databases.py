"""The four files: can they be read, are the pragmas as the table says, is every page whole?"""

import sqlite3
from collections.abc import Iterator

from bodega.databases import pragmas
from bodega.databases.copies import is_in_wal_mode
from bodega.databases.layout import FILES, Role
from bodega.databases.looking import CannotLook, is_at_rest
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, unless, warn

FROM_BACKUP = "Stop the shop and keep the file; then: bodega restore"


def examine(case: Case) -> Iterator[Finding]:
    """Each file that is there."""
    for role, file in FILES.items():
        if case.path(role).exists():
            told = f"{file.name} opens, and its pragmas are in force."
            yield from unless(_file(case, role), ok(f"databases.{role}", told))


def _file(case: Case, role: Role) -> Iterator[Finding]:
    path, id_ = case.path(role), f"databases.{role}"
    if is_at_rest(str(path)) and not is_in_wal_mode(path):
        with path.open("rb") as file:
            if file.read(16) != b"SQLite format 3\0" and path.stat().st_size:
                yield _unreadable(role, "its header is not SQLite's")
                return
        yield _not_wal(role)
    try:
        with case.look(role) as connection:
            yield from _pragmas(role, connection, is_living=not is_at_rest(str(path)))
            if case.is_thorough:
                yield from _pages(role, connection)
    except (CannotLook, sqlite3.Error) as error:
        yield _unreadable(role, str(error))
    if path.stat().st_mode & 0o002:
        yield warn(id_, f"{path.name} can be written by every user.", f"chmod o-w {path}")


def _unreadable(role: Role, why: str) -> Finding:
    hint = FROM_BACKUP
    if FILES[role].alias is None:
        hint = "Its content may be thrown away: the shop replaces it by itself at the next start."
    return bad(f"databases.{role}", f"{FILES[role].name} cannot be read: {why}", hint)


def _not_wal(role: Role) -> Finding:
    return bad(
        f"databases.{role}",
        f"{FILES[role].name} is not in WAL mode: readers and writers would shut each other out.",
        "Somebody changed journal_mode; the shop changes it back when it starts: bodega up",
    )


def _pragmas(role: Role, connection: sqlite3.Connection, *, is_living: bool) -> Iterator[Finding]:
    for pragma, (value, expected, why) in pragmas.table(role).items():
        if pragma == "journal_mode":
            if is_living and connection.execute("PRAGMA journal_mode").fetchone()[0] != expected:
                yield _not_wal(role)
            continue
        connection.execute(f"PRAGMA {pragma}={value}").fetchall()
        row = connection.execute(f"PRAGMA {pragma}").fetchone()
        if row is None or row[0] != expected:
            yield bad(
                f"databases.{role}",
                f"{FILES[role].name}: {pragma} is {row and row[0]}, should be {expected} ({why}).",
                "The SQLite library does not take it. Install the locked one: bin/setup",
            )


def _pages(role: Role, connection: sqlite3.Connection) -> Iterator[Finding]:
    told = [row[0] for row in connection.execute("PRAGMA integrity_check(3)").fetchall()]
    if told != ["ok"]:
        yield _unreadable(role, f"it is damaged: {'; '.join(told)}")
        return
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        yield warn(
            f"databases.{role}",
            f"{FILES[role].name}: {len(broken)} rows point at rows that do not exist, "
            f"the first in {broken[0][0]}.",
            "bodega sql 'PRAGMA foreign_key_check' lists them.",
        )
