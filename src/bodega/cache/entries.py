"""The table of cache.sqlite3 and every statement on it.

An entry's row number is a 64-bit hash of its key: one b-tree, no second index, and any stretch of the
table is a random sample of the entries (`housekeeping` lives on that). Two keys with one hash overwrite
each other, which is a miss: the key itself is compared at every read.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from bodega.cache.values import LARGEST, NATIVE, SMALLEST, Stored
from bodega.databases.disposable import DisposableFile, Schema

SCHEMA = Schema(
    version=1,
    statements=(
        # `value` is last: what reads only ages and expiries never touches its pages.
        """CREATE TABLE entry (
            hash INTEGER PRIMARY KEY,
            key TEXT NOT NULL,
            expires REAL,
            written REAL NOT NULL,
            form INTEGER NOT NULL,
            value ANY
        ) STRICT""",
    ),
)
BATCH = (
    256  # rows that one write transaction touches at most: others wait microseconds, not seconds
)
COUNTABLE = 2**62  # sums below it cannot leave SQLite's integers

READ = "SELECT key, expires, form, value FROM entry WHERE hash = ?"
WRITE = "REPLACE INTO entry (hash, key, expires, written, form, value) VALUES (?, ?, ?, ?, ?, ?)"
ADD = """INSERT INTO entry (hash, key, expires, written, form, value) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (hash) DO UPDATE SET key = excluded.key, expires = excluded.expires,
        written = excluded.written, form = excluded.form, value = excluded.value
    WHERE entry.key <> excluded.key OR entry.expires <= excluded.written"""
ALIVE = "hash = ? AND key = ? AND (expires IS NULL OR expires > ?)"


class Found(NamedTuple):
    """A living entry as it is in the file; `values.Codec` makes a value of it."""

    form: int
    stored: Any


class Entry(NamedTuple):
    """An entry to be written: `expires` is seconds since 1970, or None for never."""

    key: str
    form: int
    stored: Stored
    expires: float | None


class Entries:
    """The entries of one cache file. Every method raises sqlite3.Error when the file cannot be used."""

    def __init__(
        self, directory: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.file = DisposableFile("cache", SCHEMA, directory)
        self.now = clock

    def read(self, key: str) -> Found | None:
        row = self.file.connection().execute(READ, (row_number(key),)).fetchone()
        if row is None or row[0] != key or (row[1] is not None and row[1] <= self.now()):
            return None
        return Found(row[2], row[3])

    def read_many(self, keys: Sequence[str]) -> dict[str, Found]:
        wanted = set(keys)
        rows = self.file.connection().execute(
            "SELECT key, expires, form, value FROM entry "
            "WHERE hash IN (SELECT value FROM json_each(?))",
            (json.dumps([row_number(key) for key in wanted]),),
        )
        now = self.now()
        return {
            key: Found(form, stored)
            for key, expires, form, stored in rows
            if key in wanted and (expires is None or expires > now)
        }

    def write(self, entry: Entry) -> bool:
        self.file.connection().execute(WRITE, self._row(entry))
        return True

    def write_many(self, entries: Sequence[Entry]) -> bool:
        connection = self.file.connection()
        for start in range(0, len(entries), BATCH):
            with Transaction(connection):
                connection.executemany(WRITE, map(self._row, entries[start : start + BATCH]))
        return True

    def add(self, entry: Entry) -> bool:
        """Write it unless a living entry has that key; False when one has."""
        return self.file.connection().execute(ADD, self._row(entry)).rowcount == 1

    def touch(self, key: str, expires: float | None) -> bool:
        cursor = self.file.connection().execute(
            f"UPDATE entry SET expires = ? WHERE {ALIVE}",  # noqa: S608 - a constant of this module
            (expires, row_number(key), key, self.now()),
        )
        return cursor.rowcount == 1

    def delete(self, key: str) -> bool:
        """Delete it; True when it was there and alive."""
        row = (
            self.file.connection()
            .execute(
                "DELETE FROM entry WHERE hash = ? AND key = ? RETURNING expires",
                (row_number(key), key),
            )
            .fetchone()
        )
        return row is not None and (row[0] is None or row[0] > self.now())

    def delete_many(self, keys: Iterable[str]) -> None:
        connection = self.file.connection()
        rows = [(row_number(key), key) for key in keys]
        for start in range(0, len(rows), BATCH):
            with Transaction(connection):
                connection.executemany(
                    "DELETE FROM entry WHERE hash = ? AND key = ?", rows[start : start + BATCH]
                )

    def count(self, key: str, delta: int) -> int | None:
        """Add to a stored integer in one statement; None when it is none, or might grow too large."""
        row = (
            self.file.connection()
            .execute(
                "UPDATE entry SET value = value + ? "  # noqa: S608 - a constant of this module
                f"WHERE {ALIVE} AND form = {NATIVE} AND typeof(value) = 'integer' "
                f"AND value BETWEEN -{COUNTABLE} AND {COUNTABLE} RETURNING value",
                (delta, row_number(key), key, self.now()),
            )
            .fetchone()
        )
        return None if row is None else row[0]

    def rewrite(self, key: str, change: Callable[[Found], tuple[int, Stored]]) -> bool:
        """Replace a living entry by what `change` makes of it, with nobody in between; False: none."""
        connection = self.file.connection()
        with Transaction(connection):
            found = self.read(key)
            if found is None:
                return False
            form, stored = change(found)
            connection.execute(
                "UPDATE entry SET form = ?, value = ? WHERE hash = ?",
                (form, stored, row_number(key)),
            )
            return True

    def clear(self) -> None:
        """Delete everything, in batches along the hashes: ends even when others keep writing."""
        connection, start = self.file.connection(), SMALLEST
        while True:
            hashes = connection.execute(
                "SELECT hash FROM entry WHERE hash >= ? ORDER BY hash LIMIT ?", (start, BATCH)
            ).fetchall()
            if not hashes:
                return
            (last,) = hashes[-1]
            connection.execute("DELETE FROM entry WHERE hash BETWEEN ? AND ?", (start, last))
            if last == LARGEST:
                return
            start = last + 1

    def _row(self, entry: Entry) -> tuple[int, str, float | None, float, int, Stored]:
        key, form, stored, expires = entry
        return row_number(key), key, expires, self.now(), form, stored


class Transaction:
    """BEGIN IMMEDIATE … COMMIT; rolled back when the block raises."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def row_number(key: str) -> int:
    """Where an entry lives: 64 bits of its key's BLAKE2b, signed as SQLite's row numbers are."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)
