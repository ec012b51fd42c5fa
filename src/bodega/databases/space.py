"""Free space on the volume: refuse new writes while there is still room to finish the old ones.

A full disk is not a catastrophe: SQLite rolls back, and the visitor is told to come back. But a
checkpoint needs room too, and so does whoever is to clear up. So writers are refused a little before the
end, with the words SQLite itself would use, and let in again as soon as there is space.
"""

import os
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1_000_000
FLOOR_BYTES = 32 * MEGABYTE  # or a fiftieth of a very small file system
WARNING_FLOORS = 8  # warn from this many floors on: there is time to do something about it


@dataclass(frozen=True)
class Space:
    """What a file system has. Bytes; `free` is what an ordinary user may still take."""

    free: int
    total: int

    @property
    def floor(self) -> int:
        """Below this many free bytes nothing new is written."""
        return min(FLOOR_BYTES, self.total // 50)

    @property
    def is_short(self) -> bool:
        """Whether new writes are to be refused."""
        return self.free < self.floor

    @property
    def is_getting_short(self) -> bool:
        """Whether somebody should look after it."""
        return self.free < WARNING_FLOORS * self.floor

    def told(self) -> str:
        """For people: "12 MB of 8,000 MB are free"."""
        return f"{self.free / MEGABYTE:,.0f} MB of {self.total / MEGABYTE:,.0f} MB are free"


def of(path: Path) -> Space:
    """The space where `path` is. Raises OSError."""
    found = os.statvfs(path)
    return Space(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)
