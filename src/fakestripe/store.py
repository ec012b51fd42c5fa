"""The bank's one file: every object as a JSON row with the few columns that lists filter by.

Without a path the rows live in SQLite's anonymous temporary database: in memory while small,
spilling to a temporary file when large, gone with the process. Durability is not promised
(`synchronous=OFF`): what must be durable is the shop, and this is its test.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fakestripe import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT,
    payment_intent TEXT,
    body TEXT NOT NULL,
    hidden TEXT
);
CREATE INDEX IF NOT EXISTS objects_type ON objects (type, seq);
CREATE INDEX IF NOT EXISTS objects_intent ON objects (payment_intent, type)
    WHERE payment_intent IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_customer ON objects (customer, type) WHERE customer IS NOT NULL;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    request_id TEXT NOT NULL, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_at ON answers (at);
CREATE TABLE IF NOT EXISTS agenda (due REAL NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS agenda_due ON agenda (due);
CREATE INDEX IF NOT EXISTS agenda_object ON agenda (object);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL, endpoint TEXT NOT NULL, due REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0,
    faulted INTEGER NOT NULL DEFAULT 0, last TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
"""
TABLES = ("objects", "answers", "agenda", "deliveries")


class Store:
    """One connection, used by one thread at a time (the event loop's)."""

    def __init__(self, path: str = "") -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # A kill must not tear a file that is kept: WAL. The anonymous one has nothing to lose.
        # On large pages an object of some kilobytes does not overflow; but WAL writes whole pages.
        journal, page = ("WAL", 4096) if path else ("MEMORY", 16384)
        for pragma in (
            f"page_size={page}",
            f"journal_mode={journal}",
            "synchronous=OFF",
            "cache_size=-16000",
        ):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Not nested: the outermost caller of the bank opens it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def insert(self, thing: Json, hidden: Json | None = None) -> Json:
        """Stores a new object. `hidden` is what the bank knows of it and never shows."""
        self.connection.execute(
            "INSERT INTO objects (id, type, created, customer, payment_intent, body, hidden) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                thing["id"],
                thing["object"],
                thing["created"],
                thing.get("customer"),
                thing.get("payment_intent"),
                json.dumps(thing),
                None if hidden is None else json.dumps(hidden),
            ),
        )
        return thing

    def save(self, thing: Json) -> Json:
        self.connection.execute(
            "UPDATE objects SET body = ?, customer = ?, payment_intent = ? WHERE id = ?",
            (json.dumps(thing), thing.get("customer"), thing.get("payment_intent"), thing["id"]),
        )
        return thing

    def hide(self, object_id: str, hidden: Json) -> None:
        self.connection.execute(
            "UPDATE objects SET hidden = ? WHERE id = ?", (json.dumps(hidden), object_id)
        )

    def get(self, object_id: str, kind: str | None = None) -> Json | None:
        row = self.connection.execute(
            "SELECT body, type FROM objects WHERE id = ?", (object_id,)
        ).fetchone()
        if row is None or kind not in (None, row[1]):
            return None
        found: Json = json.loads(row[0])
        return found

    def hidden(self, object_id: str) -> Json:
        row = self.connection.execute(
            "SELECT hidden FROM objects WHERE id = ?", (object_id,)
        ).fetchone()
        found: Json = json.loads(row[0]) if row and row[0] else {}
        return found

    def select(
        self, where: str, values: Sequence[Any] = (), limit: int = -1, oldest_first: bool = False
    ) -> list[Json]:
        """Objects newest first; `where` is a condition on the table's columns."""
        order = "ASC" if oldest_first else "DESC"
        rows = self.connection.execute(
            f"SELECT body FROM objects WHERE {where} ORDER BY seq {order} LIMIT ?",  # noqa: S608 - conditions are this package's constants, values are bound
            (*values, limit),
        )
        return [json.loads(body) for (body,) in rows]

    def sequence(self, object_id: str) -> int | None:
        """Where an object stands in the order of creation: what a page cursor points at."""
        row = self.connection.execute(
            "SELECT seq FROM objects WHERE id = ?", (object_id,)
        ).fetchone()
        return None if row is None else int(row[0])

    def delete(self, object_id: str) -> None:
        self.connection.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def clear(self) -> None:
        for table in TABLES:
            self.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants above

    def close(self) -> None:
        self.connection.close()
