"""What is found afterwards, by an honest reader in a clean process."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SEEDS = 15  # orders that are there before anything happens
TABLE = """CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL,
    who TEXT, status TEXT NOT NULL DEFAULT 'new', pad TEXT
)"""
INDEX = "CREATE UNIQUE INDEX orders_token ON orders (token)"


@dataclass(frozen=True)
class Evidence:
    """Acknowledged orders against the rows that are there. `sequence`: SQLite's own counter."""

    acknowledged: int
    rows: int = 0
    lost: int = 0
    sequence: int = 0
    integrity: str = "ok"

    @property
    def is_loss(self) -> bool:
        """Whether somebody who was told "thank you" has no order, or nobody can read them any more."""
        return self.lost > 0 or self.integrity != "ok"

    def __str__(self) -> str:
        if self.integrity.startswith("unreadable"):
            return self.integrity
        damage = "" if self.integrity == "ok" else f", {self.integrity}"
        gap = f", sequence {self.sequence}" if self.sequence != self.rows else ""
        found = f"{self.acknowledged} acknowledged, {self.rows} rows{gap}{damage}"
        return f"{self.lost} lost ({found})" if self.lost else found


def create(path: Path) -> list[str]:
    """A database with SEEDS orders, all of them in the file itself; their tokens."""
    tokens = [f"seed{number}" for number in range(1, SEEDS + 1)]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(TABLE)
    connection.execute(INDEX)
    connection.execute("BEGIN")
    rows = [(token, "seed") for token in tokens]
    connection.executemany("INSERT INTO orders (token, who) VALUES (?, ?)", rows)
    connection.execute("COMMIT")
    connection.close()  # the last close copies the log and removes it
    return tokens


def examine(path: Path, acknowledged: Iterable[str], *besides: Path) -> Evidence:
    """Read what is there. Nobody else may have the file open. `besides`: kept copies that count, too."""
    tokens = set(acknowledged)
    try:
        rows, sequence, integrity = _read(path)
        kept = set().union(*(_read(other)[0] for other in besides))
    except sqlite3.Error as error:
        return Evidence(len(tokens), integrity=f"unreadable: {error}")
    return Evidence(len(tokens), len(rows), len(tokens - rows - kept), sequence, integrity)


def _read(path: Path) -> tuple[set[str], int, str]:
    connection = sqlite3.connect(path, timeout=3)
    try:
        # Not through the index: it may be the part that is wrong.
        found = connection.execute("SELECT token FROM orders NOT INDEXED").fetchall()
        complaints = [text for (text,) in connection.execute("PRAGMA integrity_check")]
        (sequence,) = connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'orders'"
        ).fetchone()
    finally:
        connection.close()
    integrity = complaints[0] if len(complaints) == 1 else f"{len(complaints)} integrity errors"
    return {token for (token,) in found}, sequence, integrity
