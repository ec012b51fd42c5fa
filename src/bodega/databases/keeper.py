"""The keeper: one thread on the whole volume that keeps the logs short (design 3.2, rule 11).

Writers only append to a `-wal`; somebody has to copy its pages into the database from time to time. If
the writers do it themselves, every so often a commit takes as long as the disk needs. So one process
does, under a lease, beside everybody: passively, which waits for nobody and stops nobody. Under constant
writing that never finishes, and the log grows; then the small rest is copied while the writers wait for
a few milliseconds (FULL). Only a log that is copied entirely begins again from its beginning.

A reader with an old snapshot keeps the log from being copied: when it grows too long, the keeper says
who that is.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bodega.databases import kernel
from bodega.databases.layout import FILES, Role, volume_directory
from bodega.databases.leases import Lease
from bodega.databases.opening import open_file

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
# In pages of 4 KiB; `pragmas.WRITERS_CHECKPOINT` is 4000.
PASSIVE_PAGES = 1_000
FULL_PAGES = 2_000
ALARM_PAGES = 16_000  # 64 MiB
ALARM_AGAIN_SECONDS = 60.0
ROLES: tuple[Role, ...] = tuple(role for role, file in FILES.items() if file.alias)


def run(stop: threading.Event) -> None:
    """Keep this volume's logs short until `stop` is set, while holding the lease; else wait for it."""
    lease = Lease("keeper")
    keepers: list[Keeper] = []
    try:
        while not stop.wait(LOOK_SECONDS):
            if not lease.acquire():
                continue
            keepers = keepers or [Keeper(role) for role in ROLES]
            for each in keepers:
                each.look()
    finally:
        for each in keepers:
            each.close()
        lease.release()


@dataclass(frozen=True)
class Length:
    """How long a log is: pages in it, and how many of them are in the database already."""

    pages: int
    copied: int

    @property
    def waiting(self) -> int:
        """Pages that are in the log only."""
        return self.pages - self.copied


class Keeper:
    """Keeps the log of one file short. For one thread."""

    def __init__(
        self,
        role: Role,
        directory: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = (directory or volume_directory()) / FILES[role].name
        self._connection = open_file(role, directory)
        self._connection.execute("PRAGMA busy_timeout=50").fetchall()
        self._clock = clock
        self._quiet_until = float("-inf")

    def look(self) -> Length:
        """Copy what is due; how long the log is now. A full disk or a long writer: next time."""
        try:
            length = self.length()
            if length.waiting >= PASSIVE_PAGES:
                length = self._checkpoint("PASSIVE")
            if length.waiting and length.pages >= FULL_PAGES:
                length = self._checkpoint("FULL")
        except sqlite3.OperationalError as error:
            log.warning("The log of %s could not be copied: %s", self.path.name, error)
            return Length(0, 0)
        if length.pages >= ALARM_PAGES and length.waiting:
            self._raise_alarm(length)
        return length

    def length(self) -> Length:
        """How long the log is; changes nothing."""
        return self._checkpoint("NOOP")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _checkpoint(self, mode: str) -> Length:
        # https://sqlite.org/pragma.html#pragma_wal_checkpoint; -1 while there is no log yet
        (row,) = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        _, pages, copied = row
        return Length(max(0, pages), max(0, copied))

    def _raise_alarm(self, length: Length) -> None:
        now = self._clock()
        if now < self._quiet_until:
            return
        self._quiet_until = now + ALARM_AGAIN_SECONDS
        log.error(
            "The log of %s is %d MB long and cannot be copied any further, because somebody reads "
            "an old snapshot: %s.",
            *(self.path.name, length.pages * 4096 // 1_000_000, readers(self.path)),
        )


def readers(database: Path) -> str:
    """The processes inside a read transaction, for people. Their own logs name view or job."""
    pids = sorted(kernel.readers(database))
    return ", ".join(f"process {pid} ({kernel.command(pid)})" for pid in pids) or "nobody any more"
