"""How many generations live, and how long the log is, four times a second."""

import contextlib
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bodega.databases.elders import living
from bodega.databases.register import Register

EVERY = 0.25


@dataclass(frozen=True)
class Look:
    """`at`: Unix time; the others count generations by where they are in their lives."""

    at: float
    starting: int
    live: int
    draining: int
    wal: int  # bytes

    @property
    def alive(self) -> int:
        return self.starting + self.live + self.draining


@dataclass
class Watch:
    """Looks, from a thread, as long as the block lasts."""

    volume: Path
    looks: list[Look] = field(default_factory=list)

    def __enter__(self) -> "Watch":
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        register = Register(self.volume)
        try:
            while not self._over.wait(EVERY):
                with contextlib.suppress(sqlite3.OperationalError):  # busy: the next look will do
                    self.looks.append(self._look(register))
        finally:
            register.close()

    def _look(self, register: Register) -> Look:
        states = Counter(row.state for row in living(register))
        try:
            wal = (self.volume / "primary.sqlite3-wal").stat().st_size
        except FileNotFoundError:
            wal = 0
        return Look(time.time(), states["starting"], states["live"], states["draining"], wal)
