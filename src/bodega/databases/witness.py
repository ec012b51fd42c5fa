"""Do we still hold SQLite's write lock? Asked in the last moment before COMMIT, for a microsecond.

A process that lost its locks inside a transaction (somebody closed a descriptor of the `-shm`) would
write its frames over those of a writer who got in meanwhile, and whose customers have been thanked. The
watchdog comes too late for that. A process cannot ask for its own POSIX locks, but an *open file* can:
to F_OFD_GETLK every POSIX lock is somebody else's, and it names the process (fcntl(2)).
"""

import fcntl
import os
from pathlib import Path

from bodega.databases.kernel import WRITE_BYTE
from bodega.databases.selftest import FLOCK, HAS_OFD, OFD_GETLK


class Witness:
    """An open `-shm` that is never read and, while the process serves, never closed."""

    def __init__(self, database: Path) -> None:
        """Raises OSError. Before anything else of this process could miss its locks."""
        self._descriptor = os.open(f"{database}-shm", os.O_RDONLY | os.O_CLOEXEC)

    def sees_our_write_lock(self) -> bool:
        """Whether this process may write to the file; True where the kernel cannot be asked."""
        if not HAS_OFD:
            return True
        asked = FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, WRITE_BYTE, 1, 0)
        kind, _, _, _, pid = FLOCK.unpack(fcntl.fcntl(self._descriptor, OFD_GETLK, asked))
        return bool(kind != fcntl.F_UNLCK and pid == os.getpid())

    def close(self) -> None:
        """Only when nobody in this process uses the file any more."""
        os.close(self._descriptor)
