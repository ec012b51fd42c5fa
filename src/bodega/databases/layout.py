"""The four files: their names, what each one is for, and the Django alias it has.

`cache` and `cable` are no Django databases: their packages own schema and connections, because what
is in them may be thrown away at any time (see docs/decisions/0003-two-aliases-four-files.md).
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Role = Literal["primary", "cache", "queue", "cable"]


@dataclass(frozen=True)
class File:
    """One of the four files."""

    role: Role
    alias: str | None
    holds: str

    @property
    def name(self) -> str:
        return f"{self.role}.sqlite3"


FILES: dict[Role, File] = {
    file.role: file
    for file in (
        File("primary", "default", "the shop: catalogue, orders, money, outbox"),
        File("cache", None, "what can be computed again"),
        File("queue", "queue", "background jobs"),
        File("cable", None, "live updates of the last minutes"),
    )
}


def volume_directory() -> Path:
    """The directory of the four files: `BODEGA_VOLUME`, or ./storage. Always absolute."""
    return Path(os.environ.get("BODEGA_VOLUME") or "storage").absolute()
