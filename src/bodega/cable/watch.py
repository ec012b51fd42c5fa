"""Noticing, inside an event loop, that somebody in any process has published."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bodega.databases.doorbell import FALLBACK_SECONDS, Waiter


class Watch:
    """Calls `look` whenever the cable's bell rings, and every `every` seconds: a ring may be lost."""

    def __init__(self, directory: Path, every: float, look: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._look = look
        self._waiter = _waiter(directory)
        descriptor = None if self._waiter is None else self._waiter.fileno()
        self._every = every if descriptor is not None else min(every, FALLBACK_SECONDS)
        self._descriptor = descriptor
        if descriptor is not None:
            self._loop.add_reader(descriptor, self._rang)
        self._timer = self._loop.call_later(self._every, self._tick)

    def close(self) -> None:
        """Stop watching."""
        self._timer.cancel()
        if self._descriptor is not None:
            self._loop.remove_reader(self._descriptor)
        if self._waiter is not None:
            self._waiter.close()

    def _rang(self) -> None:
        if self._waiter is not None and self._waiter.drain():
            self._look()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(self._every, self._tick)
        self._look()


def _waiter(directory: Path) -> Waiter | None:
    try:
        return Waiter("cable", directory)
    except OSError:  # no inotify watch left on this machine: look often instead
        return None
