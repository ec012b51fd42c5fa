"""Who is alive: every worker holds a lock file of its own, and the kernel lets go when it dies.

No heartbeat can tell a slow worker from a dead one; `flock` can, in the instant of a SIGKILL. So a dead
worker's jobs are ready again in a fraction of a second and a paused one keeps its own. The beat is the
lock file's modification time: it shows that the loop turns, without a write transaction.
"""

import os
import secrets
import socket
from datetime import UTC, datetime
from pathlib import Path

from bodega.databases.layout import volume_directory
from bodega.databases.leases import Lease, is_held

PREFIX = "worker-"


class WorkerDied(Exception):
    """The process that ran the job ended in the middle of it (killed, out of memory, power cut)."""


class LockLost(RuntimeError):
    """The worker lives, but nobody can see it."""


class Pulse:
    """The lock of one worker, from before its first claim until its last acknowledgement."""

    def __init__(self, directory: Path | None = None) -> None:
        self.worker = f"{PREFIX}{secrets.token_hex(8)}"
        self._lease = Lease(self.worker, directory)

    def start(self, release: str) -> None:
        """Take the lock, before anybody can know this worker's name."""
        self._lease.acquire(wait=True, host=socket.gethostname(), release=release)

    def beat(self) -> None:
        """Show that the loop turns. Raises LockLost."""
        try:
            os.utime(self._lease.path)
        except FileNotFoundError:
            raise LockLost(
                f"somebody removed {self._lease.path}: others take this worker for dead and run its "
                "jobs a second time. Leave the locks folder alone; start the worker again."
            ) from None

    def stop(self) -> None:
        """Let go and leave nothing behind. Only when no thread runs a job any more."""
        self._lease.release()
        bury(self.worker, self._lease.path.parent.parent)


def is_alive(worker: str, directory: Path | None = None) -> bool:
    """Whether the worker's process lives. A worker without a lock file does not."""
    return is_held(worker, directory)


def last_beat(worker: str, directory: Path | None = None) -> datetime | None:
    """When the worker's loop last turned; None when it left no lock file."""
    try:
        seconds = Lease(worker, directory).path.stat().st_mtime
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def bury(worker: str, directory: Path | None = None) -> None:
    """Remove a dead worker's lock file.

    Other lock files are never unlinked (see `leases`); this one may be, because its name is random and
    nobody will ever take it again.
    """
    path = (directory or volume_directory()) / "locks" / f"{worker}.lock"
    path.unlink(missing_ok=True)
