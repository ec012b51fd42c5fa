"""A lease: at most one process at a time does a thing (relay, scheduler, migrations).

The kernel holds it: `flock` on a file of the volume, gone in the instant its owner dies, however it
dies. (A forked child does not inherit it: it would outlive its owner.) The file's text says who has it,
for people. The lock files are never unlinked: two processes could then hold "the same" lock on two
inodes.
"""

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakSet

from bodega.databases.layout import volume_directory

_held: "WeakSet[Lease]" = WeakSet()


class Lease:
    """The right to be the only one doing `name` on this volume."""

    def __init__(self, name: str, directory: Path | None = None) -> None:
        self.path = (directory or volume_directory()) / "locks" / f"{name}.lock"
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lease."""
        return self._descriptor is not None

    def acquire(self, *, wait: bool = False, **about: Any) -> bool:
        """Take the lease; `about` is written into the file for people. False: somebody else has it."""
        if self.held:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(descriptor)
            return False
        text = json.dumps({"pid": os.getpid(), **about}).encode()
        # In this order: ext4 sends a file that was cut to nothing to the disk when it is closed
        # (auto_da_alloc, ext4(5)), and whoever cuts it next waits for that: 5 ms.
        os.pwrite(descriptor, text, 0)
        os.ftruncate(descriptor, len(text))
        self._descriptor = descriptor
        _held.add(self)
        return True

    def release(self) -> None:
        """Give the lease back; harmless when not held."""
        if self._descriptor is not None:
            # Not by closing alone: a child forked this instant may still hold a copy.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "Lease":
        self.acquire(wait=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _drop_in_child() -> None:
    """Close the child's copies; the parent's lock stays, it goes with the last copy only."""
    for lease in list(_held):
        lease._close()


os.register_at_fork(after_in_child=_drop_in_child)


def is_held(name: str, directory: Path | None = None) -> bool:
    """Whether any living process holds the lease right now. Looks only: the owner's text stays."""
    try:
        descriptor = os.open(Lease(name, directory).path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
