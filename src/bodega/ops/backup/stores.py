"""Where backups go: a folder, or a bucket of any store that speaks S3. Both are keys and files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit


class StoreError(RuntimeError):
    """The store cannot be used; the message says what, why and what to do."""


class Missing(StoreError):
    """There is nothing under this key."""


class Store(Protocol):
    """Keys with slashes, a file behind each. Everything raises StoreError."""

    @property
    def where(self) -> str:
        """For people, and for the command line."""

    def keys(self, prefix: str) -> list[str]:
        """Every key that begins with `prefix`, sorted."""

    def put(self, key: str, source: Path) -> None:
        """Store a file: afterwards it is there, durable and whole, or not at all."""

    def get(self, key: str, target: Path) -> None:
        """Fetch a file. Raises Missing."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove these; those that are gone already do no harm."""


def open_store(where: str) -> Store:
    """The store at an address: `s3://bucket/prefix`, or a folder. Raises StoreError."""
    from bodega.ops.backup.folder import Folder

    parts = urlsplit(where)
    if parts.scheme == "s3":
        from bodega.ops.backup.bucket import Bucket

        return Bucket(parts.netloc, parts.path.strip("/"))
    if "://" in where:
        raise StoreError(f"'{where}' is no place for backups: a folder, or s3://bucket/prefix.")
    return Folder(Path(where).absolute())
