"""Looking into a file, and copying it, beside whoever serves from it.

Through SQLite only: a copy made by hand misses what is still in the `-wal`, and closing a descriptor of
the file drops the process's locks (design 3.1). For processes of their own (backup, doctor),
which come and go: a read-only connection cannot write, and so cannot checkpoint when it is closed.
"""

import sqlite3
from pathlib import Path

from bodega.databases.looking import is_at_rest

CANNOT = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read, to a file that is there. Never creates one.

    Raises sqlite3.Error: the file is missing, damaged, or cannot be read by this user.
    """
    try:
        return _opened(path, "mode=ro")
    except sqlite3.OperationalError as error:
        if _code(error) in CANNOT and path.exists() and is_at_rest(str(path)):
            # A read-only file system: no `-shm` can be made there, and nobody can write either.
            return _opened(path, "immutable=1")
        raise


def is_in_wal_mode(path: Path) -> bool:
    """Whether a file's header says WAL (https://sqlite.org/fileformat.html#the_database_header).

    Only for a file at rest (`looking.is_at_rest`), which no connection of this process has open: this
    opens it by hand. SQLite itself does not say it of a file that it reads as immutable.
    """
    with path.open("rb") as file:
        header = file.read(20)
    return header[18:20] == b"\x02\x02"


def open_copy(path: Path) -> sqlite3.Connection:
    """A read-only connection to a copy that nobody else uses. Makes no `-wal` and `-shm` beside it."""
    return _opened(path, "immutable=1")


def copy_file(reader: sqlite3.Connection, target: Path) -> None:
    """Copy the whole database that `reader` sees into a new file, page by page, in one step.

    In one step, because the stepped copy starts anew whenever another process writes and never ends
    beside a busy one. Readers and writers go on meanwhile; only the `-wal` cannot shrink. Not `VACUUM
    INTO`: that builds every index anew, and the copy would hide damage that the original has. The copy
    is not synced. Raises sqlite3.Error.
    """
    copy: sqlite3.Connection = sqlite3.connect(str(target), isolation_level=None)
    try:
        copy.execute("PRAGMA synchronous=OFF").fetchall()
        reader.backup(copy)
    finally:
        copy.close()


def _opened(path: Path, how: str) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None
    )
    try:
        connection.execute("PRAGMA busy_timeout=5000").fetchall()
        connection.execute("PRAGMA trusted_schema=OFF").fetchall()
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _code(error: sqlite3.Error) -> int:
    """The primary result code (https://sqlite.org/rescode.html): its last byte."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
