"""A backup that was never restored is a hope. A rehearsal restores it into scratch and compares."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bodega.databases.layout import FILES
from bodega.databases.volume import IDENTITY, read_identity
from bodega.ops.backup import packing
from bodega.ops.backup.checking import CopyDamaged, check
from bodega.ops.backup.making import SPARE_BYTES, only_one, scratch
from bodega.ops.backup.manifest import Entry, Manifest
from bodega.ops.backup.packing import PackDamaged
from bodega.ops.backup.shelf import Shelf
from bodega.ops.backup.stores import Store, StoreError

Tell = Callable[[str], None]


class BackupDamaged(RuntimeError):
    """A stored backup does not come out as its manifest says."""


@dataclass(frozen=True)
class Rehearsed:
    """A backup that can be restored: what was compared."""

    manifest: Manifest
    files: int
    rows: int
    sums: int


def rehearse(
    volume: Path, shelf: Shelf, name: str = "", *, tell: Tell = lambda _: None
) -> Rehearsed:
    """Restore a backup (the newest) into scratch and compare everything with its manifest.

    Raises BackupDamaged, StoreError, BackupFailed (another one runs).
    """
    with only_one(volume), scratch(volume) as folder:
        found = shelf.read(name or shelf.newest(), folder)
        refuse_without_room(found, folder)
        restored = folder / "restored"
        lay_out(found, shelf.store, restored, tell=tell)
        return compared(found, restored, tell=tell)


def lay_out(found: Manifest, store: Store, into: Path, *, tell: Tell = lambda _: None) -> None:
    """Write the files of a backup into a new directory, each synced and with its fingerprint.

    Raises BackupDamaged, StoreError.
    """
    into.mkdir(mode=0o755)
    packed = into.with_name(f"{into.name}.packed")
    for number, entry in enumerate(found.entries, 1):
        tell(f"{entry.path} ({number} of {len(found.entries)})")
        target = into / entry.path
        if into.resolve() not in target.resolve().parents:
            raise BackupDamaged(f"The manifest of {found.name} names a file outside: {entry.path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        store.get(entry.key, packed)
        unpack(found, entry, packed, target)
        packed.unlink()


def unpack(found: Manifest, entry: Entry, packed: Path, target: Path) -> None:
    """One file, verified. Raises BackupDamaged."""
    try:
        came_out = packing.unpack(packed, target, is_compressed=entry.is_compressed)
    except PackDamaged as error:
        raise BackupDamaged(_damaged(found, f"{entry.path}: {error}")) from error
    if came_out != entry.fingerprint:
        raise BackupDamaged(
            _damaged(
                found,
                f"{entry.path} has {came_out.size} bytes with SHA-256 {came_out.sha256[:12]}…, "
                f"should be {entry.size} with {entry.sha256[:12]}…",
            )
        )


def compared(found: Manifest, directory: Path, *, tell: Tell = lambda _: None) -> Rehearsed:
    """Verify restored databases against the manifest. Raises BackupDamaged."""
    for entry in found.databases():
        tell(f"checking {entry.path}")
        assert entry.facts is not None
        role = next(role for role, file in FILES.items() if file.name == entry.path)
        try:
            check(directory / entry.path, role, entry.facts)
        except CopyDamaged as damage:
            raise BackupDamaged(_damaged(found, str(damage))) from damage
    if read_identity(directory).id != found.volume:
        raise BackupDamaged(_damaged(found, f"{IDENTITY} is another volume's"))
    counted = [entry.facts for entry in found.databases() if entry.facts is not None]
    return Rehearsed(
        manifest=found,
        files=len(found.entries),
        rows=sum(sum(each.rows.values()) for each in counted),
        sums=sum(len(each.sums) for each in counted),
    )


def refuse_without_room(found: Manifest, folder: Path) -> None:
    """Raise StoreError unless what the manifest says fits into the folder's file system."""
    largest = max((entry.size for entry in found.entries), default=0)
    needed = found.size + largest + SPARE_BYTES
    free = packing.free_bytes(folder)
    if free < needed:
        raise StoreError(
            f"Backup {found.name} needs {needed / 1e6:,.0f} MB in {folder}, "
            f"{free / 1e6:,.0f} MB are free. Make room first."
        )


def _damaged(found: Manifest, what: str) -> str:
    return (
        f"Backup {found.name} is damaged: {what}. Use another one ('bodega backup --list') and make a "
        "new one now: bodega backup"
    )
