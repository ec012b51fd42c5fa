"""Looking into files read-only, beside whoever writes, creating nothing (design 3.3).

A read-only open never checkpoints when it is closed and never unlinks a `-wal`: that needs an exclusive
lock on a file opened for writing. But where there is no `-wal`, SQLite would make one. So a file that
nobody has open is read as immutable, and it is noticed when somebody opens it meanwhile.

Paths are plain texts here: `bodega sql` has no megabyte to spare for pathlib.

One thing may be created after all: a `-shm` beside a `-wal` that has none, as in a copy of a volume. It
is an index that the next program to open the file would make too.
"""

import functools
import os
import sqlite3
from collections.abc import Mapping

BUSY_SECONDS = 5.0
CACHE_KIB = 512  # the kernel has the pages anyway


class CannotLook(RuntimeError):
    """The file cannot be read; the message says why and what to do."""


class Reader:
    """One connection over several files; the first is `main`, the others are attached by name.

    `query_only` is in force, and texts that are no UTF-8 are shown with replacement characters.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        """Raises CannotLook."""
        self.files = dict(files)
        self._at_rest: set[str] = set()
        self._connection = self._open()

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection; a new one when somebody has opened a file that was at rest."""
        if not self.is_current():
            self.close()
            self._connection = self._open()
        return self._connection

    def is_current(self) -> bool:
        """Whether what was read since the last look is true: nobody opened a file read as immutable."""
        return all(is_at_rest(path) for path in self._at_rest)

    def close(self) -> None:
        """Close without a trace."""
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        self._at_rest = {path for path in self.files.values() if is_at_rest(path)}
        (_, main), *others = self.files.items()
        try:
            connection: sqlite3.Connection = sqlite3.connect(
                self._uri(main), uri=True, isolation_level=None, timeout=BUSY_SECONDS
            )
            for name, path in others:
                connection.execute(f'ATTACH ? AS "{name}"', (self._uri(path),))
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            for pragma in ("query_only=on", "trusted_schema=off", "temp_store=memory"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.Error as error:
            raise CannotLook(f"{main} cannot be read: {error}. Ask: bodega doctor") from error
        connection.text_factory = functools.partial(str, encoding="utf-8", errors="replace")
        return connection

    def _uri(self, path: str) -> str:
        if not os.path.isfile(path):
            raise CannotLook(f"{path} is not there. Is the volume mounted? A new one: bodega init")
        if not os.path.exists(f"{path}-wal") and not is_at_rest(path):
            raise CannotLook(
                f"{path} has a -shm but no -wal: somebody removed the -wal, perhaps under a "
                "living shop. Touch nothing, and ask: bodega doctor"
            )
        kind = "immutable=1" if path in self._at_rest else "mode=ro"
        return f"file:{escaped(os.path.abspath(path))}?{kind}"


def is_at_rest(path: str) -> bool:
    """Whether nobody has the file open in WAL mode: there is neither `-wal` nor `-shm`."""
    return not any(os.path.exists(f"{path}{end}") for end in ("-shm", "-wal"))


def escaped(path: str) -> str:
    """A path inside a URI (https://sqlite.org/uri.html, 3.1): these three would end or change it."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
