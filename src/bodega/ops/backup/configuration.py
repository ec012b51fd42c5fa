"""Where backups go and how many are kept, from the environment (docs/running.md)."""

import os
from pathlib import Path

from bodega.databases.layout import volume_directory
from bodega.ops.backup.rotation import Keep
from bodega.ops.backup.stores import Store, StoreError, open_store


def destination() -> str:
    """`BODEGA_BACKUP_URL` (s3://bucket/prefix) or `BODEGA_BACKUP_DIR`; "": no backups are wanted."""
    return os.environ.get("BODEGA_BACKUP_URL") or os.environ.get("BODEGA_BACKUP_DIR") or ""


def keep() -> Keep:
    """How many days and weeks are kept. Raises StoreError for what is no number."""
    return Keep(
        _number("BODEGA_BACKUP_DAYS", Keep.days), _number("BODEGA_BACKUP_WEEKS", Keep.weeks)
    )


def journal_directory(volume: Path) -> Path:
    """Where the volume's order journal is: in the volume, or on the mount that was chosen for it."""
    elsewhere = os.environ.get("BODEGA_JOURNAL_DIR")
    return Path(elsewhere).absolute() if elsewhere else volume / "journal"


def store_at(where: str) -> Store:
    """The store at an address, "" for the configured one. Raises StoreError."""
    chosen = where or destination()
    if not chosen:
        raise StoreError(
            "Nobody said where backups are. Name the place (bodega backup /mnt/other-disk/backups), or "
            "set BODEGA_BACKUP_DIR (a folder on another disk) or BODEGA_BACKUP_URL (s3://bucket/prefix)."
        )
    volume = volume_directory()
    if "://" not in chosen and volume in (path := Path(chosen).absolute(), *path.parents):
        raise StoreError(
            f"{chosen} is inside the volume {volume}: what takes the volume would take its backups. "
            "Choose a folder on another disk."
        )
    return open_store(chosen)


def _number(name: str, usual: int) -> int:
    told = os.environ.get(name, str(usual))
    if not told.isdecimal():
        raise StoreError(f"{name} is '{told}'; it must be a number, for example {usual}.")
    return int(told)
