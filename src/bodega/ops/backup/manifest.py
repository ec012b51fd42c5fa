"""What a backup says of itself: `manifest.json`, written last. A backup without one does not exist."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from bodega.ops.backup.packing import Fingerprint
from bodega.ops.backup.sums import Facts

FORMAT = 1
NAME = "manifest.json"
STAMP = "%Y%m%dT%H%M%SZ"


class ManifestUnreadable(RuntimeError):
    """The manifest is damaged, or of a newer Bodega."""


@dataclass(frozen=True)
class Entry:
    """One file of the volume: where it was (`path`), where it is (`key` in the store)."""

    path: str
    key: str
    size: int
    sha256: str
    is_compressed: bool = False
    facts: Facts | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        return Fingerprint(self.size, self.sha256)


@dataclass(frozen=True)
class Manifest:
    """A backup. Times in ISO 8601, UTC; `instant` is the moment that all databases in it show."""

    name: str
    volume: str
    shop: str
    started: str
    instant: str
    finished: str
    release: str
    sqlite: str
    entries: tuple[Entry, ...]
    complaints: tuple[str, ...] = ()
    stored_bytes: int = 0
    has_secrets: bool = False
    format: int = field(default=FORMAT)

    @property
    def moment(self) -> datetime:
        """The instant, as a time."""
        return datetime.fromisoformat(self.instant)

    @property
    def size(self) -> int:
        """Bytes that a restored volume has."""
        return sum(entry.size for entry in self.entries)

    def databases(self) -> list[Entry]:
        """The entries that are SQLite files."""
        return [entry for entry in self.entries if entry.facts is not None]

    def written(self) -> bytes:
        """As `manifest.json` has it."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()


def read(text: bytes | str) -> Manifest:
    """A manifest from its file. Fields of the future are passed over. Raises ManifestUnreadable."""
    try:
        told: dict[str, Any] = json.loads(text)
        if told["format"] > FORMAT:
            raise ManifestUnreadable(
                f"it has format {told['format']}, this release reads {FORMAT}: use a newer bodega"
            )
        told["entries"] = tuple(_entry(each) for each in told["entries"])
        told["complaints"] = tuple(told["complaints"])
        known = Manifest.__dataclass_fields__.keys()
        return Manifest(**{name: value for name, value in told.items() if name in known})
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestUnreadable(f"it is damaged: {error!r}") from error


def name_of(moment: datetime) -> str:
    """A backup's name: its time, so that names sort."""
    return moment.astimezone(UTC).strftime(STAMP)


def moment_of(name: str) -> datetime:
    """The time a name says. Raises ValueError when it is no backup's name."""
    return datetime.strptime(name, STAMP).replace(tzinfo=UTC)


def _entry(told: dict[str, Any]) -> Entry:
    facts = told.pop("facts", None)
    known = {name: value for name, value in told.items() if name in Entry.__dataclass_fields__}
    return Entry(**known, facts=Facts(facts["rows"], facts["sums"]) if facts else None)
