"""What is examined: a volume, the environment, and the time."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bodega.databases.layout import FILES, Role
from bodega.databases.looking import Reader


@dataclass(frozen=True)
class Case:
    """`environment`: as the shop would read it. `is_thorough`: read every page, which takes a while."""

    volume: Path
    environment: Mapping[str, str]
    now: datetime
    is_thorough: bool = False

    @property
    def is_production(self) -> bool:
        return self.environment.get("BODEGA_MODE", "production") == "production"

    def path(self, role: Role) -> Path:
        """One of the four files."""
        return self.volume / FILES[role].name

    @contextmanager
    def look(self, role: Role) -> Iterator[sqlite3.Connection]:
        """A read-only connection that leaves no trace. Raises CannotLook, sqlite3.Error."""
        reader = Reader({"main": str(self.path(role))})
        try:
            yield reader.connection
        finally:
            reader.close()

    def ago(self, moment: datetime) -> str:
        """How long ago, for people."""
        return spoken(self.now - moment)


def spoken(span: timedelta) -> str:
    """A time span in its largest unit: "3 days", "2 h", "5 min", "12 s"."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def moment(text: str) -> datetime:
    """A time as Django writes it into SQLite: UTC without saying so."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a table is there (a shop before its first migration has none)."""
    sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
    return connection.execute(sql, (name,)).fetchone() is not None
