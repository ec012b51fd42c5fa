"""One SQLite library per process, and a fixed one (design 3.2, rule 1).

Two copies of the library in one process drop each other's POSIX locks: five of five acknowledged
commits were lost in the laboratory. And versions 3.7.0 to 3.51.2 have the WAL-reset bug
(https://sqlite.org/wal.html#walresetbug), fixed in 3.51.3 and back-ported to 3.50.7 and 3.44.6. Debian
12's own library is 3.40.1. So pysqlite3, which bundles a fixed one, stands in for `sqlite3`.
"""

import sys

import pysqlite3
from pysqlite3 import dbapi2

FIRST_SAFE = (3, 51, 3)
BACKPORTED = {(3, 50): 7, (3, 44): 6}


class UnsafeLibrary(RuntimeError):
    """The process would use an SQLite library that can lose commits."""


def install() -> None:
    """Let every `import sqlite3` of this process mean pysqlite3, and refuse anything else.

    Raises UnsafeLibrary when the standard library's module was imported before us, or when the
    bundled version is inside the window of the WAL-reset bug.
    """
    present = sys.modules.get("sqlite3")
    if present is not None and present is not pysqlite3:
        raise UnsafeLibrary(
            "Python's own sqlite3 was imported before bodega.databases, so this process would hold "
            "two SQLite libraries, which drop each other's locks. Import bodega.databases first."
        )
    refuse_unsafe(dbapi2.sqlite_version_info)
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = dbapi2


def refuse_unsafe(version: tuple[int, int, int]) -> None:
    """Raise UnsafeLibrary for a version that has the WAL-reset bug."""
    backport = BACKPORTED.get(version[:2])
    fixed = version >= FIRST_SAFE or (backport is not None and version[2] >= backport)
    if not fixed or version == (3, 52, 0):
        raise UnsafeLibrary(
            f"SQLite {'.'.join(map(str, version))} has the WAL-reset bug and can lose commits; "
            "3.51.3 or newer is needed (not 3.52.0, which was withdrawn). "
            "Install pysqlite3 0.6.1 or newer."
        )


def version() -> str:
    """The library in use, for people: "3.53.4"."""
    return str(dbapi2.sqlite_version)
