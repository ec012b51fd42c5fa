"""Who writes, told across processes: a board each process shows, and what the kernel knows.

A process that takes its turn to write puts its name on its board, a small file in `locks/` that is
mapped into memory: half a microsecond, no system call. Another process (`bodega doctor`) can read it.
The kernel's list, `/proc/locks`, says which process has SQLite's write lock; a board adds who in it.
"""

import fcntl
import mmap
import os
import secrets
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from bodega.databases import kernel
from bodega.databases.writing import Holder

NAME_BYTES = 116
SINCE = struct.Struct("<d")
ENTRY = struct.Struct(f"<d{NAME_BYTES}s")  # since (monotonic seconds; the machine's), who
FOLDER = "locks"


class Board:
    """What this process tells about its turn to write to one file.

    Only where the file's directory has a `locks/` folder, that is in a volume.
    """

    def __init__(self, database: Path) -> None:
        # The token: two containers may both have a process 7.
        name = f"writer-{database.name}-{os.getpid()}-{secrets.token_hex(4)}"
        self.path = database.parent / FOLDER / name
        self._descriptor: int | None = None
        self._map: mmap.mmap | None = None
        self._name = ""
        if self.path.parent.is_dir() and os.access(self.path.parent, os.W_OK):
            self._open()

    def show(self, holder: Holder | None) -> None:
        """Put the holder's name on the board; None: nobody writes. The name stays, the time goes."""
        if self._map is None:
            return
        if holder is None:
            SINCE.pack_into(self._map, 0, 0.0)
        elif holder.who == self._name:
            SINCE.pack_into(self._map, 0, holder.since)
        else:
            self._name = holder.who
            ENTRY.pack_into(self._map, 0, holder.since, holder.who.encode()[:NAME_BYTES])

    def close(self) -> None:
        """Take the board down."""
        if self._map is not None:
            self.path.unlink(missing_ok=True)
            self.forget()

    def forget(self) -> None:
        """Write no more; in a forked child, whose parent the board belongs to."""
        self._map = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        # Held for life: a reader that gets this lock knows that the process is gone, also in
        # another container, where its pid means nothing.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, ENTRY.size)
        self._map = mmap.mmap(descriptor, ENTRY.size)
        self._descriptor = descriptor


@dataclass(frozen=True)
class Writer:
    """A process that has a board: who writes in it ("" for nobody), for how many seconds."""

    pid: int
    who: str
    seconds: float


def boards(database: Path) -> list[Writer]:
    """Every living process's board for this file; those of the dead are removed."""
    found = []
    for path in sorted((database.parent / FOLDER).glob(f"writer-{database.name}-*")):
        content = _read_unless_dead(path)
        if content is not None and len(content) >= ENTRY.size:
            since, name = ENTRY.unpack_from(content)
            who = name.rstrip(b"\0").decode(errors="replace") if since else ""
            pid = int(path.name.split("-")[-2])
            found.append(Writer(pid, who, time.monotonic() - since if who else 0.0))
    return found


def foreign_writer(database: Path) -> str:
    """Which other process has SQLite's write lock, and who in it, for people."""
    pids = kernel.writers(database) - {os.getpid()}
    if not pids:
        return "another process, which is gone by now"
    named = {writer.pid: writer for writer in boards(database) if writer.who}
    return " and ".join(_described(pid, named.get(pid)) for pid in sorted(pids))


def _described(pid: int, writer: Writer | None) -> str:
    process = f"process {pid} ({kernel.command(pid)})"
    return f"{writer.who} for {writer.seconds:.1f} s, in {process}" if writer else process


def _read_unless_dead(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # gone this instant, or another user's
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, ENTRY.size, 0)
    else:
        path.unlink(missing_ok=True)
        return None
    finally:
        os.close(descriptor)
