"""The doorbell: "somebody committed something", heard in a quarter of a millisecond, at no idle cost.

Watching the `-wal` itself is a race: inotify fires on the write, before the commit is visible. So a
writer rings *after* COMMIT, by writing one byte to the file's bell, and waiters sleep in inotify on it
(design 4.1: 0.26 ms, 0 % CPU). A ring is a hint: it may be lost when its writer dies between commit
and ring, so every waiter also looks by itself after `timeout` seconds.
"""

import ctypes
import os
import select
import struct
import sys
from pathlib import Path
from types import TracebackType
from typing import Literal

from bodega.databases.layout import Role, volume_directory

# One bell for each of the four files, and one for the questions of newcomers (`peers`).
Bell = Role | Literal["generations"]

IN_MODIFY = 0x2  # <sys/inotify.h>
EVENT = struct.Struct("iIII")
FALLBACK_SECONDS = 0.05  # how often to look where there is no inotify (macOS, in development)

_bells: dict[Path, int] = {}


def bell_path(role: Bell, directory: Path | None = None) -> Path:
    """The bell file of one of the four files."""
    return (directory or volume_directory()) / "bells" / role


def ring(role: Bell, directory: Path | None = None) -> None:
    """Tell every waiter of this file, in any process, that something was committed.

    Cheap (one pwrite on a descriptor that stays open). Call it after the commit, never before.
    """
    path = bell_path(role, directory)
    descriptor = _bells.get(path)
    if descriptor is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _bells.setdefault(
            path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        )
    os.pwrite(descriptor, b"!", 0)


class Waiter:
    """Waits for the bell of one file. One per thread; `fileno()` fits an event loop's add_reader."""

    def __init__(self, role: Bell, directory: Path | None = None) -> None:
        path = bell_path(role, directory)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=True)
        self._inotify = _watch(path)

    def fileno(self) -> int | None:
        """A descriptor that becomes readable when the bell rang; None where there is no inotify."""
        return self._inotify

    def wait(self, timeout: float) -> bool:
        """Sleep until the bell rings or `timeout` seconds are over; True when it rang.

        Rings that happened since the last call count, so nothing is missed between looking and
        waiting. Without inotify it returns False after a short while: look yourself.
        """
        if self._inotify is None:
            select.select([], [], [], min(timeout, FALLBACK_SECONDS))
            return False
        ready, _, _ = select.select([self._inotify], [], [], timeout)
        return bool(ready) and self.drain()

    def drain(self) -> bool:
        """Forget the rings so far; True when there were any. Never blocks."""
        if self._inotify is None:
            return False
        try:
            return bool(os.read(self._inotify, 64 * EVENT.size))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Stop watching; harmless when closed already."""
        if self._inotify is not None:
            os.close(self._inotify)
            self._inotify = None

    def __enter__(self) -> "Waiter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _watch(path: Path) -> int | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    if descriptor < 0 or libc.inotify_add_watch(descriptor, os.fsencode(path), IN_MODIFY) < 0:
        raise OSError(ctypes.get_errno(), f"cannot watch {path} with inotify")
    return descriptor
