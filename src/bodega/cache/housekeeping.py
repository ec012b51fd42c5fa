"""Keeping the cache within its bounds, a little with every few writes, never all at once.

Hashes are uniform, so the rows after a random hash are a fair sample. Expired entries in the sample go;
when the file holds too many bytes, so do the oldest quarter of it, until there is room. No index on age
has to be kept for that, which makes every write cheaper.
"""

import json
from collections.abc import Callable
from random import SystemRandom
from typing import NamedTuple

from bodega.cache.entries import BATCH, Entries, row_number
from bodega.cache.values import LARGEST, SMALLEST

EVERY = 128  # writes between two looks: fewer than one in a hundred waits for it
SAMPLE = 256  # twice as many: what expires goes faster than new entries come
BATCHES = 8  # of evictions a look makes at most; the next write continues
ROOM = 0.95  # evict down to this share of the bound, so that not every write has to

pick_hash: Callable[[int, int], int] = SystemRandom().randint


class Bounds(NamedTuple):
    """How much the cache may hold: bytes of the file in use; entries only if a number is given."""

    max_bytes: int
    max_entries: int | None
    cull_frequency: int

    @property
    def largest_value(self) -> int:
        """Bytes of the largest value worth storing: eight of them fill the cache."""
        return self.max_bytes // 8

    @property
    def writes_between_looks(self) -> int:
        """A small number of entries is kept exactly, a large one within two percent."""
        if self.max_entries is None:
            return EVERY
        return max(1, min(EVERY, self.max_entries // 50))


class Housekeeper:
    """Looks after one file's entries. One per process and file."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._writes = 0
        self._bytes = 0
        self._is_too_full = False

    def is_due(self, writes: int, size: int, bounds: Bounds) -> bool:
        """Count some writes of `size` bytes together; whether it is time to `tidy`."""
        self._writes += writes
        self._bytes += size
        return (
            self._is_too_full
            or self._writes >= bounds.writes_between_looks
            or self._bytes * EVERY > bounds.max_bytes
        )

    def tidy(self, key: str, bounds: Bounds) -> None:
        """Delete what is expired or too much, in small batches. `key` was just written: it stays."""
        self._writes = self._bytes = 0
        self.drop_expired()
        self._is_too_full = not self.make_room(row_number(key), bounds.max_bytes)
        if bounds.max_entries is not None:
            self.cull(row_number(key), bounds.max_entries, bounds.cull_frequency)

    def drop_expired(self) -> int:
        """Delete the expired entries of one sample; how many there were."""
        connection, now = self._entries.file.connection(), self._entries.now()
        expired = connection.execute(  # read first: most often nobody's lock is needed
            """SELECT hash FROM
                (SELECT hash, expires FROM entry WHERE hash >= ? ORDER BY hash LIMIT ?)
                WHERE expires <= ?""",
            (pick_hash(SMALLEST, LARGEST), SAMPLE, now),
        ).fetchall()
        if not expired:
            return 0
        cursor = connection.execute(
            """DELETE FROM entry WHERE expires <= ?
                AND hash IN (SELECT value FROM json_each(?))""",
            (now, json.dumps([hash_ for (hash_,) in expired])),
        )
        return cursor.rowcount

    def used_bytes(self) -> int:
        """Bytes of the file that hold something (free pages are used again before it grows)."""
        connection = self._entries.file.connection()
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def make_room(self, spare: int, max_bytes: int) -> bool:
        """Evict until less than `max_bytes` are in use; False when the next write has to go on."""
        limit = max_bytes * ROOM if self._is_too_full else max_bytes
        for _ in range(BATCHES):
            if self.used_bytes() <= limit:
                return True
            limit = max_bytes * ROOM
            evicted = self._evict(pick_hash(SMALLEST, LARGEST), spare)
            if not evicted and not self._evict(SMALLEST, spare):
                return True  # nothing is left but the entry just written
        return False

    def _evict(self, start: int, spare: int) -> int:
        cursor = self._entries.file.connection().execute(
            """DELETE FROM entry WHERE hash IN (
                SELECT hash FROM (SELECT hash, written FROM entry WHERE hash >= ? LIMIT ?)
                WHERE hash <> ? ORDER BY written LIMIT ?)""",
            (start, SAMPLE, spare, SAMPLE // 4),
        )
        return cursor.rowcount

    def cull(self, spare: int, max_entries: int, cull_frequency: int) -> None:
        """Django's bound: above `max_entries`, delete the oldest 1/`cull_frequency` (0: all)."""
        connection = self._entries.file.connection()
        (count,) = connection.execute("SELECT count(*) FROM entry").fetchone()
        if count <= max_entries:
            return
        victims = [
            victim
            for (victim,) in connection.execute(
                "SELECT hash FROM entry WHERE hash <> ? ORDER BY written LIMIT ?",
                (spare, count if cull_frequency == 0 else count // cull_frequency),
            )
        ]
        for start in range(0, len(victims), BATCH):
            connection.execute(
                "DELETE FROM entry WHERE hash IN (SELECT value FROM json_each(?))",
                (json.dumps(victims[start : start + BATCH]),),
            )
