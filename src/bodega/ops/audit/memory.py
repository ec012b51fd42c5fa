"""What the last audit of everything found, written into the volume for doctor."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bodega.lib.files import write_atomically

FILE = "audit.json"


@dataclass(frozen=True)
class Last:
    """`at` in ISO 8601; `level`: ok, warn or bad."""

    at: str
    level: str
    sentence: str

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


def note(volume: Path, last: Last) -> None:
    """Remember what an audit found. Raises OSError."""
    write_atomically(volume / FILE, json.dumps(asdict(last), ensure_ascii=False).encode())


def last_audit(volume: Path) -> Last | None:
    """What the last one found; None when there was none, or nobody can read it."""
    try:
        return Last(**json.loads((volume / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
