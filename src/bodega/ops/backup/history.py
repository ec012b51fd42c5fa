"""What was backed up and rehearsed last, written into the volume for doctor and the status page."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from bodega.lib.files import write_atomically

FILE = "backups.json"
Kind = Literal["backup", "rehearsal"]


@dataclass(frozen=True)
class Outcome:
    """How one try went. `at` in ISO 8601; `name` of the backup, "" when none came about."""

    at: str
    is_good: bool
    name: str
    where: str
    sentence: str
    seconds: float

    @property
    def moment(self) -> datetime:
        """When it ended."""
        return datetime.fromisoformat(self.at)


@dataclass(frozen=True)
class History:
    """The last try of each kind, and the last good one."""

    last: Outcome | None = None
    last_good: Outcome | None = None


def note(volume: Path, kind: Kind, outcome: Outcome) -> None:
    """Remember an outcome. Raises OSError. One caller at a time: the holder of the backup's lease."""
    told = _read(volume)
    told.setdefault(kind, {})["last"] = asdict(outcome)
    if outcome.is_good:
        told[kind]["last_good"] = asdict(outcome)
    write_atomically(volume / FILE, json.dumps(told, indent=1, ensure_ascii=False).encode())


def note_restore(volume: Path, instant: datetime, at: datetime) -> None:
    """Remember that the shop was set back to `instant`, for the audit. Raises OSError."""
    told = _read(volume)
    told.setdefault("restores", {})[at.isoformat()] = {"instant": instant.isoformat()}
    write_atomically(volume / FILE, json.dumps(told, indent=1, ensure_ascii=False).encode())


def restores(volume: Path) -> list[tuple[datetime, datetime]]:
    """Every restore of this volume: to which instant, and when. Oldest first."""
    found = _read(volume).get("restores", {})
    return [
        (datetime.fromisoformat(each["instant"]), datetime.fromisoformat(at))
        for at, each in sorted(found.items())
    ]


def history(volume: Path, kind: Kind) -> History:
    """What is known of past tries; a damaged file is none."""
    told = _read(volume).get(kind, {})
    try:
        return History(**{name: Outcome(**each) for name, each in told.items()})
    except TypeError:
        return History()


def _read(volume: Path) -> dict[str, dict[str, dict[str, Any]]]:
    try:
        told = json.loads((volume / FILE).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
