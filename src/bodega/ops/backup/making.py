"""Making a backup, as a procedure: one instant, copies, checks, store, manifest, rotation."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bodega import __version__
from bodega.databases import library
from bodega.databases.copies import copy_file
from bodega.databases.layout import FILES, Role
from bodega.databases.leases import Lease
from bodega.databases.volume import IDENTITY, SECRET, read_identity
from bodega.lib.clock import Clock, utc_now
from bodega.ops.backup import manifest, packing
from bodega.ops.backup.checking import CopyDamaged, check
from bodega.ops.backup.instant import one_instant
from bodega.ops.backup.manifest import Entry, Manifest
from bodega.ops.backup.packing import Fingerprint
from bodega.ops.backup.rotation import Keep, expired
from bodega.ops.backup.shelf import Shelf
from bodega.ops.backup.sums import Facts, facts

SCRATCH = "scratch"
LEASE = "backup"
SPARE_BYTES = 50_000_000  # free space that a backup leaves to the shop
ABANDONED = timedelta(days=1)

Tell = Callable[[str], None]


class BackupFailed(RuntimeError):
    """No backup was made; the message says why. The older ones are untouched."""


class Busy(BackupFailed):
    """Another backup or rehearsal of the volume is running: that one will tell how it went."""


@dataclass(frozen=True)
class Source:
    """What is backed up. `journal`: where the order journal is, if not in the volume."""

    volume: Path
    journal: Path
    with_secrets: bool = False


@dataclass
class Copy:
    """A database's copy in the scratch folder, and what was counted in the original."""

    role: Role
    path: Path
    facts: Facts


def make(
    source: Source, shelf: Shelf, keep: Keep, *, tell: Tell = lambda _: None, clock: Clock = utc_now
) -> Manifest:
    """Back the volume up. Raises BackupFailed, StoreError, VolumeError, OSError."""
    identity = read_identity(source.volume)
    started = clock()
    with only_one(source.volume), scratch(source.volume) as folder:
        make_room(source.volume, folder)
        tell("copying the databases")
        copies, instant = copy_databases(source.volume, folder, clock)
        tell("checking the copies")
        copies, complaints = checked(copies)
        work = _Work(source, shelf, manifest.name_of(started), folder)
        tell(f"storing them in {shelf.store.where}")
        entries = [*work.databases(copies), *work.documents()]
        tell("storing the pictures")
        entries += work.media()
        made = Manifest(
            name=work.name,
            volume=identity.id,
            shop=identity.shop,
            started=started.isoformat(),
            instant=instant.isoformat(),
            finished=clock().isoformat(),
            release=__version__,
            sqlite=library.version(),
            entries=tuple(entries),
            complaints=tuple(complaints),
            stored_bytes=work.stored_bytes,
            has_secrets=source.with_secrets,
        )
        work.seal(made)
        tell("making room")
        rotate(shelf, keep, folder, now=started)
    return made


def copy_databases(volume: Path, folder: Path, clock: Clock) -> tuple[list[Copy], datetime]:
    """Copies of all files at one instant. Raises BackupFailed."""
    try:
        with one_instant(volume) as readers:
            instant = clock()
            copies = []
            for role, reader in readers.items():
                path = folder / FILES[role].name
                copy_file(reader, path)
                copies.append(Copy(role, path, facts(reader, role)))
    except sqlite3.Error as error:
        raise BackupFailed(
            f"The databases cannot be copied: {error}. 'bodega doctor' says what is wrong with them."
        ) from error
    return copies, instant


def checked(copies: list[Copy]) -> tuple[list[Copy], list[str]]:
    """The copies that are whole, and complaints. Raises BackupFailed for one that matters."""
    whole, complaints = [], []
    for copy in copies:
        try:
            complaints += check(copy.path, copy.role, copy.facts)
            whole.append(copy)
        except CopyDamaged as damage:
            if FILES[copy.role].alias is not None:
                raise BackupFailed(
                    f"The copy is damaged, and so is the original: {damage}. The older backups are "
                    "untouched. To go back to the newest: bodega restore"
                ) from damage
    left_out = FILES.keys() - {copy.role for copy in whole}
    complaints += [
        f"{FILES[role].name} is damaged or missing and was left out; it is made anew by itself"
        for role in sorted(left_out)
    ]
    return whole, complaints


class _Work:
    """One backup on its way into the store."""

    def __init__(self, source: Source, shelf: Shelf, name: str, folder: Path) -> None:
        self.source = source
        self.shelf = shelf
        self.name = name
        self.folder = folder
        self.stored_bytes = 0

    def databases(self, copies: list[Copy]) -> Iterator[Entry]:
        for copy in copies:
            yield self._compressed(copy.path, copy.path.name, copy.facts)
            copy.path.unlink()

    def documents(self) -> Iterator[Entry]:
        """Identity, journal, and the secret if it is wanted."""
        yield self._compressed(self.source.volume / IDENTITY, IDENTITY)
        for path in sorted(self.source.journal.glob("*.jsonl")):
            yield self._compressed(path, f"journal/{path.name}")
        secret = self.source.volume / SECRET
        if self.source.with_secrets and secret.exists():
            yield self._compressed(secret, SECRET)

    def media(self) -> Iterator[Entry]:
        """The pictures, after the databases: one that is added meanwhile is surplus, none is missing."""
        stored = self.shelf.media()
        root = self.source.volume / "media"
        for path in sorted(each for each in root.rglob("*") if each.is_file()):
            found = self._picture(path, stored)
            if found is not None:
                key = self.shelf.media_key(found.sha256)
                where = str(path.relative_to(self.source.volume))
                yield Entry(where, key, found.size, found.sha256)

    def seal(self, made: Manifest) -> None:
        """The manifest, last: from now on the backup exists."""
        path = self.folder / manifest.NAME
        path.write_bytes(made.written())
        self.shelf.store.put(self.shelf.key(self.name, manifest.NAME), path)

    def _compressed(self, path: Path, where: str, counted: Facts | None = None) -> Entry:
        packed = self.folder / "packed.gz"
        found = packing.compress(path, packed)
        key = self.shelf.key(self.name, f"{where}.gz")
        self._put(key, packed)
        return Entry(where, key, found.size, found.sha256, is_compressed=True, facts=counted)

    def _picture(self, path: Path, stored: set[str]) -> Fingerprint | None:
        """Store a picture unless it is there; None when the shop has just deleted it."""
        try:
            found = packing.fingerprint(path)
            if self.shelf.media_key(found.sha256) not in stored:
                # A copy of our own: what is stored is what the fingerprint says, whatever happens here.
                copy = self.folder / "picture"
                found = packing.copy(path, copy)
                self._put(self.shelf.media_key(found.sha256), copy)
                stored.add(self.shelf.media_key(found.sha256))
        except FileNotFoundError:
            return None
        return found

    def _put(self, key: str, path: Path) -> None:
        self.shelf.store.put(key, path)
        self.stored_bytes += path.stat().st_size


def rotate(shelf: Shelf, keep: Keep, folder: Path, *, now: datetime) -> list[str]:
    """Delete what need not be kept, and what died half-way more than a day ago; the names."""
    gone = expired(shelf.names(), keep)
    gone += shelf.unfinished(manifest.name_of(now - ABANDONED))
    for name in gone:
        shelf.drop(name)
    if gone:
        shelf.drop_unused_media(folder)
    return gone


@contextmanager
def only_one(volume: Path) -> Iterator[None]:
    """Hold the backup's lease. Raises Busy when another one has it."""
    lease = Lease(LEASE, volume)
    if not lease.acquire(began=time.time()):
        raise Busy("Another backup or rehearsal of this volume is running. Wait for it.")
    with lease:
        yield


@contextmanager
def scratch(volume: Path) -> Iterator[Path]:
    """A folder in the volume for copies on their way; what a killed process left there is removed."""
    root = volume / SCRATCH
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(mode=0o700)
    try:
        yield Path(tempfile.mkdtemp(prefix="backup-", dir=root))
    finally:
        shutil.rmtree(root, ignore_errors=True)


def make_room(volume: Path, folder: Path) -> None:
    """Raise BackupFailed unless the copies fit beside a living shop."""
    sizes = [
        path.stat().st_size for file in FILES.values() for path in volume.glob(f"{file.name}*")
    ]
    needed = sum(sizes) + max(sizes, default=0) + SPARE_BYTES
    free = packing.free_bytes(folder)
    if free < needed:
        raise BackupFailed(
            f"A backup needs {needed / 1e6:,.0f} MB for copies in {folder.parent}, {free / 1e6:,.0f} MB "
            "are free. Make room; 'bodega doctor' shows what is large."
        )
