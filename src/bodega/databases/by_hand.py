"""Nobody opens a database file by hand in a process that serves from it (design 3.2, rule 2).

Not even to read: the close drops every POSIX lock the process has on the file, and SQLite knows nothing
of it. A lint rule keeps our own code from doing so; this keeps everybody else's, as far as Python sees
it: `open()` of a database or its `-shm` is refused. What a C library does, the watchdog notices.
"""

import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

Inode = tuple[int, int]

_names: set[str] = set()
_inodes: set[Inode] = set()


class OpenedByHand(PermissionError):
    """Somebody tried to open a database file that this process serves from."""


def forbid(path: Path) -> None:
    """From now on, and for the life of the process, refuse to open this file by hand."""
    _listen()
    _names.add(path.name)
    _inodes.add(_inode(path))


def permit(path: Path) -> None:
    """The file is about to be deleted, and nobody serves from it any more (a test database)."""
    _inodes.discard(_inode(path))


@cache
def _listen() -> None:
    sys.addaudithook(_refuse)  # once: there is no way to take one away again


def _forget_in_child() -> None:
    # A forked child has none of its parent's locks, and what it closes drops none of them.
    _inodes.clear()


os.register_at_fork(after_in_child=_forget_in_child)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    # Called for every import, every compiled pattern, …: what does not concern us must cost nothing.
    if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    path = os.fsdecode(arguments[0])
    if os.path.basename(path) in _names and _is_ours(path):
        raise OpenedByHand(
            errno.EACCES,
            "this process serves from that database, and closing it would drop SQLite's locks. Read it "
            "through a connection, or in another process",
            path,
        )


def _is_ours(path: str) -> bool:
    try:
        return _inode(path) in _inodes
    except OSError:
        return False


def _inode(path: str | Path) -> Inode:
    about = os.stat(path)
    return about.st_dev, about.st_ino
