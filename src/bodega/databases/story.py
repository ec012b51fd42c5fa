"""What became of every generation, in rows of `locks/generations.sqlite3`: for `bodega status`.

The supervisor tells it, also of those that never came to life. Times are ISO 8601 in UTC.
"""

import logging
import sqlite3
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bodega.databases.opening import explained
from bodega.databases.register import open_table

log = logging.getLogger(__name__)

KEPT = 200

SCHEMA = """
CREATE TABLE IF NOT EXISTS story (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, release TEXT NOT NULL, code TEXT NOT NULL,
    state TEXT NOT NULL, started TEXT NOT NULL, live TEXT, draining TEXT, gone TEXT,
    served INTEGER NOT NULL, exit INTEGER, why TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL
)
"""


@dataclass
class Chapter:
    """One generation. `key`: this start's own name; `id`: the generation's, "" until it has joined.

    `code`: the folder of its release, "" for the supervisor's own. `exit`: its exit code, negative for a
    signal. `why`: why it ended, when nobody asked it to. `pid`: of its supervisor.
    """

    key: str
    release: str
    code: str
    started: str
    host: str
    pid: int
    id: str = ""
    state: str = "starting"
    live: str | None = None
    draining: str | None = None
    gone: str | None = None
    served: int = 0
    exit: int | None = None
    why: str = ""


NAMES = [field.name for field in fields(Chapter)]


class CannotTell(RuntimeError):
    """The history cannot be opened; the message says why."""


class Story:
    """Writes chapters."""

    def __init__(self, directory: Path) -> None:
        """Creates what is missing. Raises CannotTell."""
        path = directory / "locks" / "generations.sqlite3"
        try:
            path.parent.mkdir(exist_ok=True)
            with explained(path):
                self._table = open_table(path)
                self._table.execute(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise CannotTell(str(error)) from error

    def write(self, chapter: Chapter) -> None:
        """Note a chapter as it is now. Only a history: a failing disk must not stop the supervisor."""
        try:
            self._write(chapter)
        except sqlite3.Error as error:
            log.warning("What becomes of the generations cannot be noted: %s", error)

    def _write(self, chapter: Chapter) -> None:
        names, marks = ", ".join(NAMES), ", ".join(f":{name}" for name in NAMES)
        self._table.execute(
            f"INSERT OR REPLACE INTO story ({names}) VALUES ({marks})",  # noqa: S608 - own names
            asdict(chapter),
        )
        self._table.execute(
            "DELETE FROM story WHERE key NOT IN (SELECT key FROM story ORDER BY started DESC LIMIT ?)",
            (KEPT,),
        )

    def close(self) -> None:
        """Give the connection back."""
        self._table.close()


def read(directory: Path, limit: int = KEPT) -> list[Chapter]:
    """The newest chapters first; none where no supervisor has ever run. Creates nothing."""
    path = directory / "locks" / "generations.sqlite3"
    try:
        table = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1.0)
    except sqlite3.OperationalError:
        return []
    try:
        names = ", ".join(NAMES)
        rows = table.execute(
            f"SELECT {names} FROM story ORDER BY started DESC LIMIT ?",  # noqa: S608 - own names
            (limit,),
        ).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        table.close()
    return [Chapter(**dict(zip(NAMES, row, strict=True))) for row in rows]
