"""Backups in a folder: another disk, a mounted share."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bodega.lib.files import sync_directory
from bodega.ops.backup.stores import Missing, StoreError

PARTIAL = ".partial-"


@dataclass(frozen=True)
class Folder:
    """A `Store` of files below a directory."""

    root: Path

    @property
    def where(self) -> str:
        return str(self.root)

    def keys(self, prefix: str) -> list[str]:
        with self._understood("read"):
            # A file's own folder is enough to look through, not everything there is.
            start = self.root / prefix.rpartition("/")[0]
            found = [
                str(path.relative_to(self.root))
                for path in (start.rglob("*") if start.is_dir() else ())
                if path.is_file() and not path.name.startswith(PARTIAL)
            ]
        return sorted(key for key in found if key.startswith(prefix))

    def put(self, key: str, source: Path) -> None:
        target = self.root / key
        with self._understood("written to"):
            make_directories(target.parent)
            descriptor, name = tempfile.mkstemp(prefix=PARTIAL, dir=target.parent)
            try:
                with os.fdopen(descriptor, "wb") as into, source.open("rb") as raw:
                    shutil.copyfileobj(raw, into, 1 << 20)
                    into.flush()
                    os.fsync(into.fileno())
                os.replace(name, target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            sync_directory(target.parent)

    def get(self, key: str, target: Path) -> None:
        with self._understood("read"):
            try:
                shutil.copyfile(self.root / key, target)
            except FileNotFoundError as error:
                raise Missing(f"{self.root / key} is not there.") from error

    def delete(self, keys: Iterable[str]) -> None:
        with self._understood("written to"):
            folders = set()
            for key in keys:
                (self.root / key).unlink(missing_ok=True)
                folders.add((self.root / key).parent)
            for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
                self._remove_empty(folder)

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.root and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    @contextmanager
    def _understood(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"The folder {self.root} cannot be {what}: {error.strerror}. Is its disk there, "
                "has it space, and may this user write to it?"
            ) from error


def make_directories(path: Path) -> None:
    """Make a directory and its parents, every name of them durable."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync_directory(each.parent)
