"""Opening a database that is not ours, to look at it and leave it exactly as it is.

It may be alive, or evidence. So: never a byte written beside it, never a lock taken that is not needed,
and no `open()` of a file that a process of *ours* has open (this is for a process of its own).

* Nothing beside it: nobody has it open. Read as immutable: no lock, no file.
* A `-wal` and a `-shm`: somebody has it open, or died. Read through SQLite, as a reader among others: it
  takes the shared lock that keeps a log from being reset under it, and never checkpoints. A copy made by
  hand would be torn (design 3.1: `cp` of a living file lost 30 to 86 commits *in the copy*).
* A `-wal` and no `-shm`: a copy somebody made, or a crash and a reboot. Opening it there would make a
  `-shm` beside the evidence. Both files are copied into scratch, which is safe because nobody writes,
  and opened there; what the file says *without* its log can be asked for, too.
* A rollback journal that must be played back: the same, copied and opened in scratch.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bodega.databases.looking import CannotLook, escaped

CACHE_KIB = 8_000
PRAGMAS = ("query_only=on", "trusted_schema=off", "temp_store=memory", "cell_size_check=on")
NEEDS_WRITING = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


@dataclass(frozen=True)
class Foreign:
    """An opened database. `how`: a sentence about the way in. `alone`: the file without the `-wal` that
    lies beside it, when nobody has it open."""

    path: Path
    connection: sqlite3.Connection
    how: str
    alone: sqlite3.Connection | None = None


@contextmanager
def open_foreign(path: Path) -> Iterator[Foreign]:
    """Look into a database in one snapshot. Raises CannotLook."""
    if not path.is_file():
        raise CannotLook(f"{path} is not there, or is no file.")
    try:
        with _opened(path) as found:
            yield found
    except sqlite3.Error as error:
        raise CannotLook(f"{path} cannot be read as an SQLite database: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[Foreign]:
    log, index, journal = (_size(path, end) for end in ("-wal", "-shm", "-journal"))
    if log is not None and index is None:
        told = (
            "There is a log (-wal) beside it and nobody has it open: copied, and read with its log."
        )
        with _copied(path, "-wal") as connection, closing(_connected(path, "immutable=1")) as alone:
            yield Foreign(path, connection, told, alone)
    elif log is None and index is None and not journal:
        told = "Nobody has it open: read as it is, without taking a lock."
        with closing(_connected(path, "immutable=1")) as connection:
            yield Foreign(path, connection, told)
    elif (living := _living(path)) is not None:
        told = "It is in use: read through SQLite, as one more reader."
        with closing(living):
            yield Foreign(path, living, told)
    else:
        told = "A writer died in it (-journal): copied, and what was half written was rolled back there."
        with _copied(path, "-journal") as connection:
            yield Foreign(path, connection, told)


def _living(path: Path) -> sqlite3.Connection | None:
    """A reader among others; None when somebody who may write must come first."""
    try:
        return _connected(path, "mode=ro")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in NEEDS_WRITING and _size(path, "-journal"):
            return None
        raise


@contextmanager
def _copied(path: Path, suffix: str) -> Iterator[sqlite3.Connection]:
    with TemporaryDirectory(prefix="bodega-audit-") as scratch:
        copy = Path(scratch) / "copy.sqlite3"
        shutil.copyfile(path, copy)
        shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        with closing(_connected(copy, "mode=rw")) as connection:
            yield connection


def _connected(path: Path, how: str) -> sqlite3.Connection:
    """A connection that has begun to read. Raises sqlite3.Error."""
    uri = f"file:{escaped(str(path.absolute()))}?{how}"
    connection: sqlite3.Connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    for pragma in (
        "query_only=on",
        "trusted_schema=off",
        "temp_store=memory",
        "cell_size_check=on",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return connection


def _size(path: Path, suffix: str) -> int | None:
    beside = path.with_name(path.name + suffix)
    return beside.stat().st_size if beside.exists() else None
