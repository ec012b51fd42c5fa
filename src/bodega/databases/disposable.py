"""A file whose content may be thrown away at any time: `cache` and `cable`.

Its package owns the schema, one connection per thread is kept, and there are no migrations: a file with
another schema version gets its tables made anew, a damaged file is replaced by an empty one. Opening
and replacing take turns under a lease, so that nobody opens a file that is half replaced. Who still has
the replaced file open keeps a ghost until `forget_if_replaced` notices; SQLite itself sees that a ghost
has moved and leaves the new file's `-wal` alone when the ghost is closed.
"""

import errno
import logging
import os
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakSet

from bodega.databases.layout import FILES, Role, volume_directory
from bodega.databases.leases import Lease
from bodega.databases.opening import open_file

# The short list of what may fail soft, with the words for the log. Anything else is our mistake.
SOFT_SQLITE = {
    sqlite3.SQLITE_BUSY: "another process has held its lock for too long",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_NOTADB: "the file is damaged",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_READONLY: "the file cannot be written to",
}
SOFT_OS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "this user may not write here",
    errno.ENOENT: "the volume's folder is missing",
    errno.EIO: "the disk reports an error",
    errno.EMFILE: "this process has too many open files",
    errno.ENFILE: "this machine has too many open files",
}
PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL}  # the connection itself is fine
DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@dataclass(frozen=True)
class Schema:
    """The tables of a disposable file. Raise `version` whenever `statements` change."""

    version: int
    statements: tuple[str, ...]


class _Own(threading.local):
    """One thread's connection, and the inode it was opened on."""

    connection: sqlite3.Connection | None = None
    inode = 0


class DisposableFile:
    """One disposable file: this process's connections to it, one per thread, with its schema there."""

    def __init__(self, role: Role, schema: Schema, directory: Path | None = None) -> None:
        self.role = role
        self.schema = schema
        self.directory = directory or volume_directory()
        self.path = self.directory / FILES[role].name
        self._own = _Own()
        self._open: dict[threading.Thread, sqlite3.Connection] = {}  # to close those of the dead
        _files.add(self)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode. Raises sqlite3.Error or OSError."""
        return self._own.connection or self._open_for_this_thread()

    def forget(self) -> None:
        """Close this thread's connection; the next use opens a new one."""
        if self._own.connection is not None:
            self._open.pop(threading.current_thread(), None)
            self._own.connection.close()
            self._own.connection = None

    def forget_if_replaced(self) -> bool:
        """Close this thread's connection when the file at its path is another one or gone (1 µs)."""
        if self._own.connection is None or self._own.inode == _inode(self.path):
            return False
        self.forget()
        return True

    def recover(self) -> bool:
        """After damage was met: replace the file by an empty one; True when that was needed.

        Looks again first, under the lease: another process may have replaced it already, and a whole
        file is never thrown away on a rumour.
        """
        self.forget()
        with Lease(f"{self.role}-file", self.directory):
            if self._is_sound():
                return False
            self._replace()
            return True

    def mend(self, error: sqlite3.Error | OSError) -> str:
        """Do about a failure what can be done; what it was, in words for the log.

        Raises the error again when it is none of the few that may fail soft.
        """
        reason = soft_reason(error)
        if reason is None and not self._is_about_schema(error):
            raise error
        try:
            if is_damage(error):
                replaced = self.recover()
                return (
                    f"{reason}, and an empty one has taken its place" if replaced else str(reason)
                )
            if _primary_code(error) not in PASSING:
                self.forget()  # opening it again may help; it also puts our tables back
        except (sqlite3.Error, OSError) as second:
            if soft_reason(second) is None:
                raise
        return reason or "another release has put its own tables into the file"

    def _is_about_schema(self, error: sqlite3.Error | OSError) -> bool:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR:
            return False
        (version,) = self.connection().execute("PRAGMA user_version").fetchone()
        return bool(version != self.schema.version)

    def _open_for_this_thread(self) -> sqlite3.Connection:
        self._close_those_of_dead_threads()
        if not self.directory.is_dir():  # a mount that is missing, not a place for new files
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.directory))
        with Lease(f"{self.role}-file", self.directory):
            try:
                connection = self._opened()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._replace()
                connection = self._opened()
            self._own.connection, self._own.inode = connection, _inode(self.path)
            self._open[threading.current_thread()] = connection
        return connection

    def _opened(self) -> sqlite3.Connection:
        connection = open_file(self.role, self.directory, shared=True)
        try:
            self._put_schema_in_force(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _put_schema_in_force(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == self.schema.version:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            tables = connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            for (table,) in tables:
                connection.execute(f'DROP TABLE "{table}"')
            for statement in self.schema.statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={self.schema.version}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _is_sound(self) -> bool:
        try:
            connection = self._opened()
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return False
            raise
        try:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return False
            raise
        finally:
            connection.close()

    def _replace(self) -> None:
        for name in (f"{self.path.name}-wal", f"{self.path.name}-shm", self.path.name):
            self.path.with_name(name).unlink(missing_ok=True)

    def _close_those_of_dead_threads(self) -> None:
        for thread in [thread for thread in list(self._open) if not thread.is_alive()]:
            connection = self._open.pop(thread, None)
            if connection is not None:
                connection.close()


class Complaint:
    """One loud log line for a failure that repeats: at most one every `every` seconds."""

    def __init__(self, logger: logging.Logger, every: float = 60.0) -> None:
        self._logger = logger
        self._every = every
        self._quiet_until = float("-inf")
        self._unsaid = 0

    def say(self, message: str, now: float | None = None) -> bool:
        """Log `message` as an error unless one was logged just now; True when it was logged."""
        now = time.monotonic() if now is None else now
        if now < self._quiet_until:
            self._unsaid += 1
            return False
        more = f" ({self._unsaid} more since the last line)" if self._unsaid else ""
        self._logger.error("%s%s", message, more)
        self._quiet_until, self._unsaid = now + self._every, 0
        return True


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file's content is broken (replacing it will help)."""
    return _primary_code(error) in DAMAGE


def soft_reason(error: sqlite3.Error | OSError) -> str | None:
    """Why this error may fail soft, in words for the log; None when it may not."""
    if isinstance(error, OSError):
        return SOFT_OS.get(error.errno or 0)
    return SOFT_SQLITE.get(_primary_code(error))


def _primary_code(error: BaseException) -> int:
    # The low byte; extended codes (SQLITE_IOERR_WRITE, …) add detail above it: sqlite.org/rescode.html
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _inode(path: Path) -> int:
    try:
        return os.stat(path).st_ino
    except OSError:  # gone, or not to be seen any more: opening it again will tell
        return 0


_files: WeakSet[DisposableFile] = WeakSet()
_inherited: list[sqlite3.Connection] = []


def _after_fork() -> None:
    """A child may neither use nor close its parent's connections: keep them, open new ones.

    SQLite's own rule, https://sqlite.org/howtocorrupt.html section 2.6.
    """
    for file in list(_files):
        _inherited.extend(file._open.values())
        file._own, file._open = _Own(), {}


os.register_at_fork(after_in_child=_after_fork)
