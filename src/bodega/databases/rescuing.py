"""Putting aside what a dying process still has: the `-wal` nobody else can see any more.

A file that was deleted lives on as long as somebody has it open. Everything here reads through
descriptors that are open already: opening and closing the database would drop the locks of the process,
and its name may belong to another file by now.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from bodega.databases import kernel
from bodega.databases.volume import VolumeError, read_identity
from bodega.lib.clock import utc_now
from bodega.lib.files import sync_directory

FOLDER = "salvage"
ABOUT = "about.json"
BLOCK_BYTES = 1 << 20


def rescue(
    database: Path, wal: int | None, inode: int, sentence: str, now: datetime | None = None
) -> Path:
    """Copy the `-wal` behind the descriptor `wal` into a new folder; returns the folder.

    The database (`inode`) is copied too when it is not at its path any more. Raises OSError.
    """
    now = now or utc_now()
    folder = _new_folder(database, now)
    if wal is not None:
        _copy(wal, folder / f"{database.name}-wal")
    ghost = _ghost(database, inode)
    if ghost is not None:
        _copy(ghost, folder / database.name)
    about = {
        "database": str(database),
        "inode": inode,
        "volume": _volume_id(database.parent),
        "reason": sentence,
        "at": now.isoformat(),
        "pid": os.getpid(),
        "command": sys.argv,
    }
    _write(folder / ABOUT, iter([json.dumps(about, indent=2).encode()]))
    sync_directory(folder)
    return folder


def noted(folder: Path) -> dict[str, Any]:
    """What `rescue` noted beside a log: where it is from, when and why; {} when nothing is there."""
    path = folder / ABOUT
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def _new_folder(database: Path, now: datetime) -> Path:
    name = f"{now:%Y%m%d-%H%M%S}-{database.stem}-"
    with suppress(OSError):
        parent = database.parent / FOLDER
        parent.mkdir(exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=name, dir=parent))
    return Path(tempfile.mkdtemp(prefix=f"bodega-{FOLDER}-{name}"))  # the volume itself is gone


def _ghost(database: Path, inode: int) -> int | None:
    """A descriptor of the database when it is not the file at its path any more."""
    with suppress(FileNotFoundError):
        if os.stat(database).st_ino == inode:
            return None
    open_files = (each for several in kernel.descriptors().values() for each in several)
    for descriptor in open_files:
        with suppress(OSError):
            if os.fstat(descriptor).st_ino == inode:
                return descriptor
    return None


def _copy(descriptor: int, target: Path) -> None:
    def blocks() -> Iterator[bytes]:
        offset = 0
        while block := os.pread(descriptor, BLOCK_BYTES, offset):
            offset += len(block)
            yield block

    _write(target, blocks())


def _write(target: Path, blocks: Iterator[bytes]) -> None:
    with target.open("wb") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def _volume_id(directory: Path) -> str | None:
    with suppress(VolumeError):
        return read_identity(directory).id
    return None
