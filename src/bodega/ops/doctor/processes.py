"""Living processes: do they have the files that are there, and still hold their locks on them?

Seen from outside, through `/proc`: what another user's processes have open stays hidden from an ordinary
user, and other containers' too; each process watches itself as well (`databases.watchdog`).
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bodega.databases import kernel
from bodega.databases.layout import FILES
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok

DELETED = " (deleted)"
LOOK_AGAIN_SECONDS = 0.2  # a process that is just starting has the file open before it has its lock
RESTART = (
    "Stop it (its orders are put aside by itself, see salvage/), find who did it, start it again."
)


@dataclass(frozen=True)
class Open:
    """A process has a database file of this volume open, by this name and inode."""

    pid: int
    path: Path
    inode: int
    is_deleted: bool


def examine(case: Case) -> Iterator[Finding]:
    """Every process that has our files open."""
    first = {each.sentence for each in _wrong(case)}
    if not first:
        pids = {each.pid for each in open_files(case.volume)}
        yield ok("processes.files", f"{len(pids)} processes have the files open, with their locks.")
        return
    time.sleep(LOOK_AGAIN_SECONDS)
    lasting = [each for each in _wrong(case) if each.sentence in first]
    yield from lasting or [
        ok("processes.files", "The processes have the files open, with their locks.")
    ]


def _wrong(case: Case) -> list[Finding]:
    locks = kernel.file_locks()
    found = []
    for each in open_files(case.volume):
        who = f"process {each.pid} ({kernel.command(each.pid)})"
        if each.is_deleted or not _is_there(each):
            told = f"{who} writes to a {each.path.name} that was deleted or replaced: "
            found.append(
                bad("processes.files", f"{told}what it takes is lost when it ends.", RESTART)
            )
        elif each.path.suffix == ".sqlite3" and not _is_locked(each, locks):
            told = f"{who} has {each.path.name} open without its lock: others may write over it."
            found.append(bad("processes.locks", told, RESTART))
    return sorted(set(found), key=lambda finding: finding.sentence)


def open_files(volume: Path) -> Iterator[Open]:
    """Who has which file of the volume open. Linux; elsewhere nobody is seen."""
    names = {
        str(volume.resolve() / f"{file.name}{suffix}")
        for file in FILES.values()
        for suffix in ("", "-wal", "-shm")
    }
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        for descriptor, target in _descriptors(process):
            if target.removesuffix(DELETED) in names:
                try:
                    inode = os.stat(descriptor).st_ino
                except OSError:
                    continue  # closed this instant
                path = Path(target.removesuffix(DELETED))
                yield Open(int(process.name), path, inode, target.endswith(DELETED))


def _descriptors(process: Path) -> Iterator[tuple[Path, str]]:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        return  # gone, or another user's
    for descriptor in descriptors:
        try:
            yield descriptor, os.readlink(descriptor)
        except OSError:
            continue


def _is_there(each: Open) -> bool:
    try:
        return each.path.stat().st_ino == each.inode
    except FileNotFoundError:
        return False


def _is_locked(each: Open, locks: list[kernel.FileLock]) -> bool:
    """Whether the process has the lock that every connection in WAL mode keeps; True if unknown."""
    first, last = kernel.SHARED_FIRST, kernel.SHARED_LAST
    return not locks or any(
        (lock.pid, lock.inode) == (each.pid, each.inode) and lock.covers(first, last)
        for lock in locks
    )
