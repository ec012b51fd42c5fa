"""Is the file at a path still the one that was opened? A name can be given to another file."""

import os
from dataclasses import dataclass
from pathlib import Path


class FileReplaced(RuntimeError):
    """A file at its path is not the one we have open: others do not see what we write."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Which file was at a path when it was opened."""

    device: int
    inode: int

    @classmethod
    def of(cls, file: Path | str | int) -> "Tie":
        """By its path or a descriptor. Raises OSError."""
        found = os.stat(file)
        return cls(found.st_dev, found.st_ino)

    def complaint(self, path: Path | str) -> str:
        """Why the file at `path` is not this one, in a sentence without full stop; "" when it is."""
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return f"{path} was deleted while it was in use"
        if (found.st_dev, found.st_ino) != (self.device, self.inode):
            return f"{path} was replaced by another file while it was in use"
        return ""
