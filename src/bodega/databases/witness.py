"""What the `-shm` says, read beside SQLite: do we hold the write lock, and has anybody committed?

*Do we still hold it?* is asked in the last moment before COMMIT, for a microsecond. A process that lost
its locks inside a transaction (somebody closed a descriptor of the `-shm`) would write its frames over
those of a writer who got in meanwhile, and whose customers have been thanked. The watchdog comes too
late for that. A process cannot ask for its own POSIX locks, but an *open file* can: to F_OFD_GETLK every
POSIX lock is somebody else's, and it names the process (fcntl(2)).

*Has anybody committed?* The `-shm` begins with the header of the wal-index, twice
(https://sqlite.org/walformat.html, section 2.1). A commit becomes visible when SQLite has written its
frames and then this header: a counter, the number of frames and the log's running checksum among it, so
no two states of a file have the same. Reading it costs half a microsecond; `PRAGMA data_version` takes
and drops two locks for the same answer, 20 µs once something has changed.
"""

import fcntl
import os
from pathlib import Path

from bodega.databases.kernel import WRITE_BYTE
from bodega.databases.selftest import FLOCK, HAS_OFD, OFD_GETLK

HEADER_BYTES = 48
ASKED = FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, WRITE_BYTE, 1, 0)


class Witness:
    """An open `-shm` that, while the process serves, is never closed."""

    def __init__(self, database: Path) -> None:
        """Raises OSError. Before anything else of this process could miss its locks."""
        self._pid = os.getpid()  # a forked child makes its own
        self._descriptor = os.open(f"{database}-shm", os.O_RDONLY | os.O_CLOEXEC)

    def sees_our_write_lock(self) -> bool:
        """Whether this process may write to the file; True where the kernel cannot be asked."""
        if not HAS_OFD:
            return True
        kind, _, _, _, pid = FLOCK.unpack(fcntl.fcntl(self._descriptor, OFD_GETLK, ASKED))
        return bool(kind != fcntl.F_UNLCK and pid == self._pid)

    def version(self) -> bytes | None:
        """What changes with every commit of any process; None: one is becoming visible just now."""
        both = os.pread(self._descriptor, 2 * HEADER_BYTES, 0)
        first = both[:HEADER_BYTES]
        # As SQLite itself reads it: what differs is being written.
        return first if first == both[HEADER_BYTES:] and len(first) == HEADER_BYTES else None

    def close(self) -> None:
        """Only when nobody in this process uses the file any more."""
        os.close(self._descriptor)
