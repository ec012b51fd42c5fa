"""An own descriptor on a `-wal`: to sync it, and to see whether it is still what it was."""

import os
from collections.abc import Callable
from pathlib import Path

from bodega.databases.ties import Tie
from bodega.lib.files import sync_directory

# Empty, or the magic number in either byte order of checksums (https://sqlite.org/walformat.html).
WAL_BEGINNINGS = (b"", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")


class WalFile:
    """An own descriptor on a `-wal`, for syncing. SQLite holds no locks on it, so this is safe."""

    def __init__(self, path: Path, fdatasync: Callable[[int], None] = os.fdatasync) -> None:
        """`fdatasync`: injected by tests that let the disk fail."""
        self.path = path
        self._fdatasync = fdatasync
        self.descriptor: int | None = None
        self._tie: Tie | None = None
        self._name = ""

    def open(self) -> None:
        """Open the file, once and early: a process that runs out of descriptors can still sync."""
        self.descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self._tie = Tie.of(self.descriptor)
        self._name = self._name_now()
        sync_directory(self.path.parent)

    def sync(self) -> None:
        """Make everything written so far durable. Raises OSError.

        One caller at a time: the leader of a `GroupSync`.
        """
        if self.descriptor is None:
            self.open()
        assert self.descriptor is not None
        self._fdatasync(self.descriptor)

    def complaint(self) -> str:
        """Why the file is not what it was, in a sentence without full stop; "" when it is.

        By the name the kernel has for it, not by stat: once somebody has asked for a file's times, the
        next write must store new ones (Linux 6.13, multigrain timestamps), and at each commit that made
        a sync of 140 µs one of 200. When the name has changed, stat says what has happened.
        """
        if self._tie is None:
            return ""  # not opened yet
        is_in_place = self._name and self._name_now() == self._name
        return ("" if is_in_place else self._tie.complaint(self.path)) or self.cut()

    def cut(self) -> str:
        """That the file was cut, in a sentence; "" when it begins as a `-wal` does.

        One that was cut, and then written to, does not.
        """
        if self.descriptor is None or os.pread(self.descriptor, 4, 0) in WAL_BEGINNINGS:
            return ""
        return f"{self.path} was cut while it was in use"

    def _name_now(self) -> str:
        """Its path, or that with " (deleted)" behind it; "" where there is no `/proc`."""
        try:
            return os.readlink(f"/proc/self/fd/{self.descriptor}")
        except OSError:
            return ""

    def close(self) -> None:
        """Give the descriptor back; the next sync opens the file again."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
