"""The four files: their names, what each one is for, and the Django alias it has.

`cache` and `cable` are no Django databases: their packages own schema and connections, because what
is in them may be thrown away at any time (see docs/decisions/0003-two-aliases-four-files.md).
"""

import os
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

Role = Literal["primary", "cache", "queue", "cable"]


class File(NamedTuple):
    """One of the four files. (No dataclass: that module costs `bodega sql` 2 MB.)"""

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


def volume_directory() -> "Path":
    """The directory of the four files: `BODEGA_VOLUME`, or ./storage. Always absolute."""
    from pathlib import Path  # here: it costs `bodega sql` 0.7 MB

    return Path(volume_name())


def volume_name() -> str:
    """The same directory, by its name."""
    return os.path.abspath(os.environ.get("BODEGA_VOLUME") or "storage")
