"""The directory is the volume, and it has an identity (design 3.2, rule 4).

`volume.json` is written once, by `bodega init`. A process that finds no identity does not create a
shop silently: an empty directory where a shop should be is a mount that is missing.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bodega.databases.layout import FILES
from bodega.lib.clock import utc_now
from bodega.lib.files import write_atomically

IDENTITY = "volume.json"
SECRET = "secret.key"  # noqa: S105 - the name of the file, not a secret
FOLDERS = ("locks", "bells", "media", "static", "mail")


class VolumeError(RuntimeError):
    """The directory cannot be used as a volume; the message says why and what to do."""


@dataclass(frozen=True)
class Identity:
    """Who this volume is: `id` never changes, a copy elsewhere keeps it."""

    id: str
    shop: str
    created: str


def create_volume(directory: Path, shop: str, now: datetime | None = None) -> Identity:
    """Make `directory` a volume: folders, secret key, identity. Idempotent for an existing volume.

    Raises VolumeError when the directory cannot be written, or holds databases without an identity.
    """
    if (directory / IDENTITY).exists():
        return read_identity(directory)
    strangers = [file.name for file in FILES.values() if (directory / file.name).exists()]
    if strangers:
        raise VolumeError(
            f"{directory} holds {', '.join(strangers)} but no {IDENTITY}: a piece of another volume? "
            f"Choose an empty directory, or restore {IDENTITY} from the volume's backup."
        )
    identity = Identity(
        secrets.token_hex(8), shop, (now or utc_now()).isoformat(timespec="seconds")
    )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for folder in FOLDERS:
            (directory / folder).mkdir(exist_ok=True)
        new_secret(directory)
        write_atomically(directory / IDENTITY, json.dumps(asdict(identity), indent=2).encode())
    except OSError as error:
        raise VolumeError(
            f"{directory} cannot be made a volume: {error.strerror}. Choose a directory this user "
            "can write to (BODEGA_VOLUME)."
        ) from error
    return identity


def read_identity(directory: Path) -> Identity:
    """The identity of an existing volume. Raises VolumeError when there is none or it is damaged."""
    path = directory / IDENTITY
    try:
        found = json.loads(path.read_text())
        return Identity(found["id"], found["shop"], found["created"])
    except FileNotFoundError:
        raise VolumeError(
            f"{directory} is not a volume: it has no {IDENTITY}. Is it mounted? "
            "To create a new, empty shop there: bodega init"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VolumeError(f"{path} cannot be read: {error}. Restore it from a backup.") from error


def new_secret(directory: Path) -> None:
    """Write a new secret for signing; what the old one signed is void. Raises OSError."""
    write_atomically(directory / SECRET, secrets.token_urlsafe(50).encode(), mode=0o600)


def secret_key(directory: Path) -> str | None:
    """The volume's own secret for signing, or None before `bodega init`."""
    try:
        return (directory / SECRET).read_text().strip()
    except FileNotFoundError:
        return None
