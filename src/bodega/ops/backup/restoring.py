"""Restoring, as a procedure: nobody may be there, a new directory, everything verified, one rename.

Nothing is ever overwritten: the volume that was there is kept beside the new one, with a dated name.
The new directory has no `-wal` and no `-shm`, so no stale one can be applied to it (design 3.1: a copy
over a live file with its old `-wal` lost 42 commits).
"""

import ctypes
import errno
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bodega.databases.leases import Lease
from bodega.databases.occupants import occupants
from bodega.databases.volume import (
    FOLDERS,
    IDENTITY,
    SECRET,
    VolumeError,
    new_secret,
    read_identity,
)
from bodega.lib.files import sync_directory
from bodega.ops.backup import history
from bodega.ops.backup.demanding import demand_sweep
from bodega.ops.backup.manifest import Manifest, name_of
from bodega.ops.backup.rehearsing import compared, lay_out, refuse_without_room
from bodega.ops.backup.shelf import Shelf

Tell = Callable[[str], None]

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # <fcntl.h>, <linux/fs.h>


class CannotRestore(RuntimeError):
    """The volume was left as it is; the message says why and what to do."""


@dataclass(frozen=True)
class Restored:
    """What a restore did. `kept`: the former volume, None when there was none."""

    manifest: Manifest
    volume: Path
    kept: Path | None
    has_new_secret: bool


def restore(
    volume: Path, shelf: Shelf, name: str, *, now: datetime, tell: Tell = lambda _: None
) -> Restored:
    """Make `volume` what the backup says. Raises CannotRestore, BackupDamaged, StoreError, OSError.

    Whatever it raises, the volume is as it was; only the exchange at the end changes it.
    """
    stamp = name_of(now)
    refuse_strangers(volume, shelf.volume)
    with ExitStack() as stack:
        if volume.exists():
            refuse_occupied(volume)
            # `bodega up` waits for it before it opens anything.
            stack.enter_context(Lease("migrate", volume))
        place = place_for(volume, stamp)
        try:
            found = shelf.read(name, place)
            refuse_without_room(found, place)
            fresh = place / "volume"
            lay_out(found, shelf.store, fresh, tell=tell)
            compared(found, fresh, tell=tell)
            has_new_secret = complete(fresh, volume)
            history.note_restore(fresh, found.moment, now)
            demand_sweep(fresh, found.moment, now)
            tell("exchanging the directories")
            if volume.exists():
                refuse_occupied(volume, besides="migrate")
            kept = exchange(fresh, volume, stamp)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    return Restored(found, volume, kept, has_new_secret)


def refuse_strangers(volume: Path, wanted: str) -> None:
    """Raise CannotRestore when another shop lives in that directory."""
    if not (volume / IDENTITY).exists():
        return
    try:
        present = read_identity(volume)
    except VolumeError:
        return  # damaged: that may be why somebody restores
    if present.id != wanted:
        raise CannotRestore(
            f"{volume} is another volume ({present.shop}, id {present.id}), the backup is of {wanted}. "
            "Restore into another directory: bodega restore --volume DIR"
        )


def refuse_occupied(volume: Path, besides: str = "") -> None:
    """Raise CannotRestore when a process lives in the volume; `besides` our own lease."""
    ours = f"somebody holds the lease '{besides}'"
    there = [each for each in occupants(volume) if each != ours]
    if there:
        raise CannotRestore(
            f"The shop is running: {'; '.join(there[:3])}. Stop it first (SIGTERM to 'bodega up')."
        )


def place_for(volume: Path, stamp: str) -> Path:
    """A new directory on the volume's file system: beside it, or in it when it is a mount."""
    parent = volume if os.path.ismount(volume) else volume.parent
    parent.mkdir(parents=True, exist_ok=True)
    place = parent / f".restoring-{volume.name}-{stamp}"
    place.mkdir(mode=0o700)
    return place


def complete(fresh: Path, volume: Path) -> bool:
    """Add what is not in a backup; True when the secret is a new one.

    The journal that is there goes further than the backup's: later orders are in it, and only in it.
    """
    for folder in FOLDERS:
        (fresh / folder).mkdir(exist_ok=True)
    if any((volume / "journal").glob("*.jsonl")):
        shutil.rmtree(fresh / "journal", ignore_errors=True)
        shutil.copytree(volume / "journal", fresh / "journal")
    for name in (SECRET, history.FILE):
        if (volume / name).exists() and not (fresh / name).exists():
            shutil.copy2(volume / name, fresh / name)
    has_new_secret = not (fresh / SECRET).exists()
    if has_new_secret:
        new_secret(fresh)
    (fresh / SECRET).chmod(0o600)
    sync_tree(fresh)
    return has_new_secret


def exchange(fresh: Path, volume: Path, stamp: str) -> Path | None:
    """Put the new directory in the volume's place; where the former one is now."""
    if os.path.ismount(volume):
        return move_in(fresh, volume, stamp)
    kept = volume.with_name(f"{volume.name}.replaced-{stamp}")
    if not volume.exists():
        os.rename(fresh, volume)
        sync_directory(volume.parent)
        return None
    if swap(fresh, volume):
        os.rename(fresh, kept)  # what is called "fresh" by now is the former volume
    else:
        os.rename(volume, kept)
        os.rename(fresh, volume)
    sync_directory(volume.parent)
    return kept


def swap(one: Path, other: Path) -> bool:
    """Exchange two names in a single step (renameat2(2)); False where the kernel cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    names = os.fsencode(one), os.fsencode(other)
    if libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(code, os.strerror(code), str(other))


def move_in(fresh: Path, volume: Path, stamp: str) -> Path:
    """A mounted volume cannot be renamed, so its files are, one by one.

    The identity goes first and comes last: whatever happens in between, nobody takes the directory for a
    volume and opens half of two shops.
    """
    kept = volume / f"replaced-{stamp}"
    kept.mkdir()
    names = [each.name for each in volume.iterdir() if not each.name.startswith(_OURS)]
    for name in sorted(names, key=lambda name: name != IDENTITY):
        os.rename(volume / name, kept / name)
    sync_directory(volume)
    for each in sorted(fresh.iterdir(), key=lambda path: path.name == IDENTITY):
        os.rename(each, volume / each.name)
    sync_directory(volume)
    return kept


_OURS = (".restoring-", "replaced-", "lost+found")


def sync_tree(directory: Path) -> None:
    """Make every file and every name below a directory durable."""
    for folder, _, files in os.walk(directory):
        for name in files:
            descriptor = os.open(Path(folder) / name, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_directory(Path(folder))
