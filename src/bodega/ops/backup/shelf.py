"""One volume's backups in a store: `<volume id>/<time>/…`, and `<volume id>/media/<sha256>`.

Pictures never change and are many, so each is stored once, under its fingerprint, for all backups.
"""

from dataclasses import dataclass
from pathlib import Path

from bodega.ops.backup import manifest
from bodega.ops.backup.manifest import Manifest, ManifestUnreadable
from bodega.ops.backup.stores import Store, StoreError


@dataclass(frozen=True)
class Shelf:
    """The backups of the volume with this id."""

    store: Store
    volume: str

    def names(self) -> list[str]:
        """Whole backups, oldest first."""
        ending = f"/{manifest.NAME}"
        found = (key for key in self.store.keys(f"{self.volume}/") if key.endswith(ending))
        return sorted(name for key in found if is_name(name := key.split("/")[1]))

    def newest(self) -> str:
        """The name of the newest whole backup. Raises StoreError when there is none."""
        names = self.names()
        if not names:
            raise StoreError(
                f"{self.store.where} has no backup of volume {self.volume}. Make one: bodega backup"
            )
        return names[-1]

    def read(self, name: str, scratch: Path) -> Manifest:
        """A backup's manifest. Raises StoreError when it is missing or unreadable."""
        target = scratch / manifest.NAME
        self.store.get(self.key(name, manifest.NAME), target)
        try:
            return manifest.read(target.read_bytes())
        except ManifestUnreadable as error:
            raise StoreError(
                f"The manifest of {name} in {self.store.where} cannot be read: {error}. "
                "'bodega backup --list' shows the others."
            ) from error

    def key(self, name: str, file: str) -> str:
        """The key of a file of one backup."""
        return f"{self.volume}/{name}/{file}"

    def media_key(self, sha256: str) -> str:
        """The key of a picture, whichever backup it is in."""
        return f"{self.volume}/media/{sha256}"

    def media(self) -> set[str]:
        """The keys of all pictures that are stored."""
        return set(self.store.keys(f"{self.volume}/media/"))

    def drop(self, name: str) -> None:
        """Delete a backup: its manifest first, so that it is never seen without its files."""
        self.store.delete([self.key(name, manifest.NAME)])
        self.store.delete(self.store.keys(f"{self.volume}/{name}/"))

    def drop_unused_media(self, scratch: Path) -> int:
        """Delete the pictures that no backup has any more; how many. One caller at a time."""
        used = {entry.key for name in self.names() for entry in self.read(name, scratch).entries}
        unused = sorted(self.media() - used)
        self.store.delete(unused)
        return len(unused)

    def unfinished(self, before: str) -> list[str]:
        """Backups without a manifest, begun before that name's time: their process died."""
        found = {key.split("/")[1] for key in self.store.keys(f"{self.volume}/")}
        return sorted(each for each in found - set(self.names()) if is_name(each) and each < before)


def volumes(store: Store) -> list[str]:
    """The ids of all volumes that have a whole backup in a store."""
    ending = f"/{manifest.NAME}"
    return sorted({key.split("/")[0] for key in store.keys("") if key.endswith(ending)})


def is_name(text: str) -> bool:
    """Whether this is how a backup is called."""
    try:
        manifest.moment_of(text)
    except ValueError:
        return False
    return True
