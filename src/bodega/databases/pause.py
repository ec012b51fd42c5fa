"""A pause of the whole shop: a file in the volume that every process of every generation sees.

It ends by itself: a pause that somebody forgot, or whose terminal died, must not close a shop.
"""

import json
import os
import time
from pathlib import Path
from typing import NamedTuple

from bodega.lib.files import write_atomically

FILE = "pause.json"


class Pause(NamedTuple):
    """`until`: seconds since 1970. `why`: for people."""

    until: float
    why: str


class Watch:
    """Looks whether the shop is paused; a microsecond when it is not. One per thread is enough."""

    def __init__(self, directory: Path) -> None:
        self._path = str(directory / FILE)
        self._seen: tuple[int, int] | None = None
        self._pause: Pause | None = None

    def pause(self, now: float | None = None) -> Pause | None:
        """The pause that lasts, None without one. `now`: seconds since 1970."""
        try:
            about = os.stat(self._path)
        except FileNotFoundError:
            return None
        if self._seen != (about.st_ino, about.st_mtime_ns):
            self._seen, self._pause = (about.st_ino, about.st_mtime_ns), _read(Path(self._path))
        lasts = self._pause and self._pause.until > (time.time() if now is None else now)
        return self._pause if lasts else None


def begin(directory: Path, seconds: float, why: str = "", now: float | None = None) -> Pause:
    """Pause the shop for at most `seconds`."""
    pause = Pause((time.time() if now is None else now) + seconds, why)
    write_atomically(directory / FILE, json.dumps(pause._asdict()).encode())
    return pause


def end(directory: Path) -> bool:
    """Let the shop go on; False when it was not paused."""
    was_paused = Watch(directory).pause() is not None
    (directory / FILE).unlink(missing_ok=True)
    return was_paused


def _read(path: Path) -> Pause | None:
    try:
        told = json.loads(path.read_text())
        return Pause(float(told["until"]), str(told.get("why", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # nothing that we wrote; a shop does not stop for it
