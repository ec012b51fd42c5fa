"""One SQLite library per process, and a fixed one (design 3.2, rule 1).

Two copies of the library in one process drop each other's POSIX locks: five of five acknowledged
commits were lost in the laboratory. And versions 3.7.0 to 3.51.2 have the WAL-reset bug
(https://sqlite.org/wal.html#walresetbug), fixed in 3.51.3 and back-ported to 3.50.7 and 3.44.6. Debian
12's own library is 3.40.1. So pysqlite3, which bundles a fixed one, stands in for `sqlite3`.
"""

import re
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType
from typing import TYPE_CHECKING

import pysqlite3
from pysqlite3 import _sqlite3, dbapi2

from bodega.databases.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path

FIRST_SAFE = (3, 51, 3)
BACKPORTED = {(3, 50): 7, (3, 44): 6}

# Python modules that bring or load an SQLite library of their own. What uses them is another process.
OTHERS = frozenset(
    {"_sqlite3", "apsw", "pysqlite2", "sqlcipher3", "pysqlcipher3", "libsql", "sqlean"}
)
LIBRARY_FILE = re.compile(
    r"(sqlite3|apsw|sqlcipher|libsql|sqlean)[^/]*\.(so|dylib|pyd)|/apsw/[^/]*\.so"
)


OURS: str = _sqlite3.__file__


class UnsafeLibrary(RuntimeError):
    """The process would use an SQLite library that can lose commits."""

    exit_code = Exit.TWO_LIBRARIES


class SecondLibrary(ImportError):
    """Somebody tried to import a second SQLite library. An ImportError: for many it is optional."""

    exit_code = Exit.TWO_LIBRARIES


class Guard:
    """Refuses the modules of OTHERS, and says who wanted one. First in `sys.meta_path`.

    A finder without the base class, whose module costs `bodega sql` 3 of its 15 MB.
    """

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the signature of Python's protocol
        target: ModuleType | None = None,  # noqa: ARG002 - likewise
    ) -> None:
        """Raises SecondLibrary."""
        if name.partition(".")[0] in OTHERS:
            raise SecondLibrary(
                f"{importer()} imports {name}, which brings a second SQLite library. Two in one "
                "process drop each other's locks, and commits are lost. Let it `import sqlite3`, "
                "which is pysqlite3 here, or run it in a process of its own.",
                name=name,
            )


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
    if not any(isinstance(finder, Guard) for finder in sys.meta_path):
        sys.meta_path.insert(0, Guard())


def refuse_second() -> None:
    """Raise UnsafeLibrary when this process has a second SQLite library loaded, however it came."""
    strangers = [path for path in loaded() if str(path) != OURS]
    if strangers:
        told = ", ".join(f"{path} ({module_of(path)})" for path in strangers)
        raise UnsafeLibrary(
            f"A second SQLite library is loaded: {told}. Two in one process drop each other's locks, "
            "and commits are lost. Whatever needs it must be another process."
        )


def loaded() -> "list[Path]":
    """The SQLite libraries in this process's memory, by `/proc/self/maps`; without it, only ours.

    Recognised by their files' names: a copy that is linked into something else is not found.
    """
    from pathlib import Path  # here: `bodega sql` has no megabyte to spare for it

    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except FileNotFoundError:
        return [Path(OURS)]
    files = {line[line.index("/") :] for line in lines if "/" in line}
    return sorted(Path(file) for file in files if LIBRARY_FILE.search(file))


def module_of(path: "Path") -> str:
    """Which Python module brought a library, for people."""
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) == str(path):
            return f"module {name}"
    return "loaded by another library, or by ctypes"


def importer() -> str:
    """The file and line of the import statement that is being executed."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        file = frame.f_code.co_filename
        if file != __file__ and "importlib" not in file:
            return f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return "Somebody"


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
