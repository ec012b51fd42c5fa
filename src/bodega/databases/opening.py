"""Opening one of the four files: the only place where a connection is made.

Nobody else calls `sqlite3.connect`, and nobody opens a database file by hand: closing any descriptor
of the file drops the process's POSIX locks on it (design 3.1, 3.2 rule 2).
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bodega.databases import pragmas
from bodega.databases.layout import FILES, Role, volume_directory
from bodega.databases.pragmas import Durability


class PragmaIgnored(RuntimeError):
    """SQLite did not take a pragma: the connection is not what the table promises."""


def open_file(
    role: Role, directory: Path | None = None, *, shared: bool = False
) -> sqlite3.Connection:
    """A connection to one of the four files, in autocommit mode, with its pragmas in force.

    `directory`: the volume (default: this process's). `shared`: may be used by other threads than the
    one that opened it (the caller sees to it that they take turns). Creates the file when it is not
    there: whether it may be created is the volume's decision, taken before (`volume.open_volume`).
    Raises PragmaIgnored, sqlite3.OperationalError.
    """
    path = (directory or volume_directory()) / FILES[role].name
    with explained(path):
        connection: sqlite3.Connection = sqlite3.connect(
            str(path), isolation_level=None, check_same_thread=not shared
        )
        try:
            return prepare(connection, role)
        except sqlite3.Error:
            connection.close()  # e.g. the file is damaged: its descriptors must not stay with us
            raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Where SQLite only says that it cannot open a file, say why."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
            raise
        better = sqlite3.OperationalError(f"{error}: {path} ({_obstacle(path)})")
        better.sqlite_errorcode = error.sqlite_errorcode
        better.sqlite_errorname = error.sqlite_errorname
        raise better from error


def _obstacle(path: Path) -> str:
    directory = path.parent
    if not directory.is_dir():
        return f"there is no directory {directory}; is the volume mounted?"
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        return "the file system is mounted read-only; remount it to write"
    if not os.access(directory, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        return f"user {os.getuid()} may not write to it"
    return "the reason is not known; is it a database at all?"


def prepare(
    connection: Any, role: Role, durability: Durability | None = None
) -> sqlite3.Connection:
    """Put the file's pragmas in force on a fresh connection and read them back."""
    pragmas.apply(connection, role, durability)
    wrong = pragmas.mismatches(connection, role, durability)
    if wrong:
        connection.close()
        raise PragmaIgnored("; ".join(wrong))
    checked: sqlite3.Connection = connection
    return checked
