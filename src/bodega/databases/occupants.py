"""Is a volume in use? Asked of the kernel, so that it holds across containers too.

For processes that are about to replace a volume and serve nothing themselves: this opens the database
files by hand, which a process that has them open through SQLite must never do (design 3.2, rule 2).
"""

import fcntl
import os
import struct
from pathlib import Path

from bodega.databases import kernel
from bodega.databases.layout import FILES
from bodega.databases.leases import is_held

FLOCK = struct.Struct("@hhqqi")  # struct flock: type, whence, start, length, pid
EVERYTHING = (0, 0)  # from the first byte to the end of time


def occupants(directory: Path) -> list[str]:
    """A sentence for every sign of a living process in this volume; empty when nobody is there."""
    return [*_open_files(directory), *_generations(directory), *_held_leases(directory)]


def _open_files(directory: Path) -> list[str]:
    found = []
    for file in FILES.values():
        for path in (directory / file.name, directory / f"{file.name}-shm"):
            pid = locked_by(path)
            if pid is not None:
                found.append(f"{path.name} is in use by {_described(pid)}")
                break
    return found


def _generations(directory: Path) -> list[str]:
    """A generation holds its slot for life (`generations`), also before it has opened a file."""
    pid = locked_by(directory / "locks" / "generations.posix")
    return [] if pid is None else [f"a generation of the shop lives: {_described(pid)}"]


def locked_by(path: Path) -> int | None:
    """The process that has any lock on the file; 0 when it is in another container, None for nobody.

    Every connection in WAL mode has one for as long as it lives. Our own locks are not counted.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        asked = FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, *EVERYTHING, 0)
        kind, _, _, _, pid = FLOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    finally:
        os.close(descriptor)
    return None if kind == fcntl.F_UNLCK else max(0, int(pid))


def _held_leases(directory: Path) -> list[str]:
    names = sorted(path.stem for path in (directory / "locks").glob("*.lock"))
    return [f"somebody holds the lease '{name}'" for name in names if is_held(name, directory)]


def _described(pid: int) -> str:
    return f"process {pid} ({kernel.command(pid)})" if pid else "a process of another container"
