"""What the kernel knows about our files: locks and open descriptors, by looking only.

Nothing here opens a database file: `/proc` and `stat` are enough, and closing a descriptor of our own
would drop the very locks we look at (design 3.2, rules 2 and 9). Linux; elsewhere nothing is found.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# SQLite's bytes (os_unix.c, wal.c): the range of the SHARED lock in the database file, and in the `-shm`
# the write lock, the five read marks and the dead-man switch every connection holds.
SHARED_FIRST, SHARED_LAST = 0x40000002, 0x40000002 + 509
WRITE_BYTE = 120
READ_BYTES = range(123, 128)
DEADMAN_BYTE = 128
KEPT_FOR_LIFE = {"": (SHARED_FIRST, SHARED_LAST), "-shm": (DEADMAN_BYTE, DEADMAN_BYTE)}


@dataclass(frozen=True, slots=True)
class FileLock:
    """A POSIX lock as `/proc/locks` tells it; `last` None: to the end of the file."""

    pid: int
    is_exclusive: bool
    inode: int
    first: int
    last: int | None

    def covers(self, first: int, last: int) -> bool:
        """Whether every byte from `first` to `last` is locked."""
        return self.first <= first and (self.last is None or self.last >= last)


LOOKS = 6  # readings of `/proc/locks` that must all miss a lock before it counts as lost


def file_locks() -> list[FileLock]:
    """Every POSIX lock that is held; not those that are waited for. Empty without `/proc/locks`."""
    try:
        lines = Path("/proc/locks").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [lock for line in lines if (lock := parse(line)) is not None]


def parse(line: str) -> FileLock | None:
    """A line of `/proc/locks` (proc_locks(5)); None for other kinds of locks and for waiters."""
    words = line.split()
    if len(words) != 8 or words[1] != "POSIX":  # a waiter's line has "->" before its kind
        return None
    inode = int(words[5].rpartition(":")[2])
    last = None if words[7] == "EOF" else int(words[7])
    return FileLock(int(words[4]), words[3] == "WRITE", inode, int(words[6]), last)


def keeps_open(locks: list[FileLock], inode: int, suffix: str) -> bool:
    """Whether this process has the lock that a connection in WAL mode keeps for its life.

    `suffix`: "" for the lock in the database, "-shm" for the one there.
    """
    pid, (first, last) = os.getpid(), KEPT_FOR_LIFE[suffix]
    return any(
        (each.pid, each.inode) == (pid, inode) and each.covers(first, last) for each in locks
    )


def still_keeps_open(
    inode: int, suffix: str, locks: Callable[[], list[FileLock]] = file_locks
) -> bool:
    """Like `keeps_open`, looking anew, and several times before it says no.

    `/proc/locks` is handed out in pieces of a page: while others come and go, a lock that is held all
    the time can fall between two pieces (16 of 2,741 readings beside a busy process missed one).
    """
    return any(keeps_open(locks(), inode, suffix) for _ in range(LOOKS))


def writers(database: Path) -> set[int]:
    """The processes that hold SQLite's write lock on this file: one or none, as seen from here."""
    return _holders(database, range(WRITE_BYTE, WRITE_BYTE + 1), is_exclusive=True)


def readers(database: Path) -> set[int]:
    """The processes that are inside a read transaction on this file."""
    return _holders(database, READ_BYTES, is_exclusive=False)


def _holders(database: Path, places: range, *, is_exclusive: bool) -> set[int]:
    try:
        inode = os.stat(f"{database}-shm").st_ino
    except FileNotFoundError:
        return set()
    return {
        lock.pid
        for lock in file_locks()
        if lock.inode == inode
        and lock.is_exclusive is is_exclusive
        and any(lock.covers(byte, byte) for byte in places)
    }


def command(pid: int) -> str:
    """What a process was started as, shortened, for people."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "gone"
    names = [words[0].rpartition("/")[2], *words[1:]]
    return " ".join(filter(None, names))[:60]


def descriptors() -> dict[str, list[int]]:
    """This process's open files: name as the kernel knows it (" (deleted)" behind it) → descriptors."""
    found: dict[str, list[int]] = {}
    try:
        names = os.listdir("/proc/self/fd")
    except FileNotFoundError:
        return found
    for name in names:
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # the one that listed them
        found.setdefault(target, []).append(int(name))
    return found
