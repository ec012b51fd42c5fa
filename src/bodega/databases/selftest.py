"""Do locks and shared memory work on this directory at all? Asked of a child process.

SQLite's WAL mode stands on three things the kernel promises for a local file system: POSIX locks are
seen by other processes, a MAP_SHARED page is the same page in all of them, and what is written with
write() is what the mapping shows. Network and user-space file systems break one or the other silently.
The child is a fresh interpreter, not a fork: a process with SQLite connections must not be forked.
"""

import fcntl
import mmap
import os
import secrets
import struct
import subprocess
import sys
from pathlib import Path

FLOCK = struct.Struct("@hhqqi")  # struct flock: type, whence, start, length, pid
# <fcntl.h>: locks of an open file description, not of a process; Linux only.
OFD_GETLK, OFD_SETLK = 36, 37
HAS_OFD = sys.platform.startswith("linux")

PAGE = 4096
MAPPED, WRITTEN = b"mapped", b"written"
# Few modules, and no tidying up at the end: starting it is most of what a probe takes.
CHILD = f"""
import fcntl, mmap, os, sys
path, *locks = sys.argv[1:]
file = os.open(path, os.O_RDWR)
for command, flock in zip(locks[::2], locks[1::2]):
    fcntl.fcntl(file, int(command), bytes.fromhex(flock))
page = mmap.mmap(file, {PAGE})
page[0:{len(MAPPED)}] = {MAPPED!r}
os.pwrite(file, {WRITTEN!r}, 64)
os.write(1, b"!")
os.read(0, 1)
os._exit(0)
"""


class SelfTest:
    """Starts the child at once; `complaints` waits for it. Between the two there is time for others."""

    def __init__(self, directory: Path) -> None:
        """Raises OSError when nothing can be written there."""
        self._path = directory / f".probe-{secrets.token_hex(6)}"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, PAGE)
        locks = [str(fcntl.F_SETLK), _asked(0).hex()]
        if HAS_OFD:
            locks += [str(OFD_SETLK), _asked(1).hex()]
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", CHILD, str(self._path), *locks],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def complaints(self) -> list[str]:
        """A sentence for everything that does not work; empty when all does."""
        try:
            assert self._child.stdin is not None
            assert self._child.stdout is not None
            if not self._child.stdout.read(1):
                return ["a child process could not lock and map a file here"]
            found = self._seen()
            self._child.stdin.close()
            self._child.wait()
            if is_locked(self._file, 0):
                found.append("the lock of a process that has ended is still there")
            return found
        finally:
            self._end()

    def _seen(self) -> list[str]:
        found = []
        if not is_locked(self._file, 0):
            found.append("a POSIX lock of another process is not seen")
        if HAS_OFD and not is_locked(self._file, 1, OFD_GETLK):
            found.append("a lock of another process's open file (OFD) is not seen")
        with mmap.mmap(self._file, PAGE, prot=mmap.PROT_READ) as page:
            if page[: len(MAPPED)] != MAPPED:
                found.append("shared memory (MAP_SHARED) is not shared between processes")
            if page[64 : 64 + len(WRITTEN)] != WRITTEN:
                found.append("a mapped file does not show what another process writes to it")
        return found

    def _end(self) -> None:
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                stream.close()
        self._child.wait()
        os.close(self._file)
        self._path.unlink(missing_ok=True)


def is_locked(descriptor: int, byte: int, command: int = fcntl.F_GETLK) -> bool:
    """Whether somebody else has a lock on that byte. Takes none itself."""
    return bool(FLOCK.unpack(fcntl.fcntl(descriptor, command, _asked(byte)))[0] != fcntl.F_UNLCK)


def lock(descriptor: int, byte: int, command: int = fcntl.F_SETLK) -> bool:
    """Take a lock on that byte, without waiting; False when somebody else has it."""
    try:
        fcntl.fcntl(descriptor, command, _asked(byte))
    except (BlockingIOError, PermissionError):
        return False
    return True


def unlock(descriptor: int, byte: int, command: int = fcntl.F_SETLK) -> None:
    """Give that byte back."""
    fcntl.fcntl(descriptor, command, FLOCK.pack(fcntl.F_UNLCK, os.SEEK_SET, byte, 1, 0))


def _asked(byte: int) -> bytes:
    return FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
