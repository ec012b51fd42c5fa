"""`SqliteCache`: Django's cache API on the volume's cache.sqlite3.

    CACHES = {"default": {"BACKEND": "bodega.cache.backend.SqliteCache", "LOCATION": "<volume>"}}

`LOCATION` is the directory of the file (default: this process's volume). `OPTIONS`: `MAX_BYTES` of the
file in use (default 128 MiB), and Django's `MAX_ENTRIES` and `CULL_FREQUENCY` when a number of entries
is to be kept as well. Caches with one LOCATION share one file, told apart by KEY_PREFIX and VERSION.

One difference to Django's own backends: `incr` is atomic between threads and processes and keeps the
entry's expiry. What a value is stored as, see `values`; what happens when the file fails, see `outage`.
"""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

from bodega.cache.entries import COUNTABLE, Entries, Entry, Found
from bodega.cache.housekeeping import Bounds, Housekeeper
from bodega.cache.outage import Outage, logger
from bodega.cache.values import Codec, Stored, Unreadable
from bodega.databases.disposable import Complaint
from bodega.databases.layout import volume_directory

T = TypeVar("T")

MAX_BYTES = 128 * 1024 * 1024


class Store:
    """What all SqliteCache objects of a process share for one directory.

    Django makes a new backend object per thread, and under ASGI per request: it must cost nothing.
    """

    def __init__(self, directory: Path) -> None:
        self.entries = Entries(directory)
        self.housekeeper = Housekeeper(self.entries)
        self.outage = Outage(self.entries)
        self.oversize = Complaint(logger)


_stores: dict[Path, Store] = {}


def store_in(directory: Path) -> Store:
    """The process's one store for a directory."""
    store = _stores.get(directory)
    return store if store is not None else _stores.setdefault(directory, Store(directory))


class SqliteCache(BaseCache):
    """Django's cache API on cache.sqlite3."""

    def __init__(self, location: str | Path, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = params.get("OPTIONS", {})
        self._store = store_in(Path(location).absolute() if location else volume_directory())
        self._max_bytes = int(options.get("MAX_BYTES", MAX_BYTES))
        self._counts_entries = "MAX_ENTRIES" in options or "max_entries" in params
        self._codec = Codec(settings.SECRET_KEY)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        full = self.make_and_validate_key(key, version)
        found = self._read(None, self._store.entries.read, full)
        return default if found is None else self._value(full, found, default)

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        names = {self.make_and_validate_key(key, version): key for key in keys}
        nothing: dict[str, Found] = {}
        values = {
            names[full]: self._value(full, found, self._missing_key)
            for full, found in self._read(
                nothing, self._store.entries.read_many, list(names)
            ).items()
        }
        return {key: value for key, value in values.items() if value is not self._missing_key}

    def has_key(self, key: Any, version: int | None = None) -> bool:
        full = self.make_and_validate_key(key, version)
        found = self._read(None, self._store.entries.read, full)
        return found is not None and self._value(full, found, self._missing_key) is not (
            self._missing_key
        )

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        full = self.make_and_validate_key(key, version)
        entry = self._entry(full, value, timeout)
        if entry is None:
            self._write(False, self._store.entries.delete, full)
        elif self._write(False, self._store.entries.write, entry):
            self._tidy(entry.key, 1, _size(entry))

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        entry = self._entry(self.make_and_validate_key(key, version), value, timeout)
        if entry is None:
            return False
        added = self._write(False, self._store.entries.add, entry)
        if added:
            self._tidy(entry.key, 1, _size(entry))
        return added

    def set_many(
        self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[Any]:
        names = {self.make_and_validate_key(key, version): key for key in data}
        made = {full: self._entry(full, data[key], timeout) for full, key in names.items()}
        entries = [entry for entry in made.values() if entry is not None]
        too_large = [full for full, entry in made.items() if entry is None]
        if too_large:
            self._write(None, self._store.entries.delete_many, too_large)
        if not self._write(False, self._store.entries.write_many, entries):
            return list(data)
        if entries:
            self._tidy(entries[-1].key, len(entries), sum(map(_size, entries)))
        return [names[full] for full in too_large]

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        full = self.make_and_validate_key(key, version)
        return self._write(
            False, self._store.entries.touch, full, self.get_backend_timeout(timeout)
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        full = self.make_and_validate_key(key, version)
        return self._write(False, self._store.entries.delete, full)

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        names = [self.make_and_validate_key(key, version) for key in keys]
        self._write(None, self._store.entries.delete_many, names)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        full = self.make_and_validate_key(key, version)
        result: int | None = self._write(None, self._add_to, full, delta)
        if result is None:
            raise ValueError(f"Key '{key}' not found")
        return result

    def clear(self) -> None:
        self._write(None, self._store.entries.clear)

    def close(self, **_: Any) -> None:
        """The end of a request: the connection stays, unless its file was replaced meanwhile."""
        self._store.entries.file.forget_if_replaced()

    # Reading is a matter of microseconds, less than a thread's turn: the event loop does it itself.

    async def aget(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self.get(key, default, version)

    async def aget_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        return self.get_many(keys, version)

    async def ahas_key(self, key: Any, version: int | None = None) -> bool:
        return self.has_key(key, version)

    # BaseCache would compose these of several steps, each in its own thread's turn: not atomic.

    async def aset_many(
        self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[Any]:
        return await sync_to_async(self.set_many)(data, timeout, version)

    async def adelete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        await sync_to_async(self.delete_many)(keys, version)

    async def aincr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return await sync_to_async(self.incr)(key, delta, version)

    def _entry(self, full: str, value: Any, timeout: Any) -> Entry | None:
        form, stored = self._codec.encode(full, value)
        if isinstance(stored, str | bytes) and len(stored) > self._bounds.largest_value:
            self._store.oversize.say(
                f"{full} is not cached: its {len(stored)} bytes are more than an eighth of the "
                f"cache. Raise MAX_BYTES ({self._max_bytes}) if it should be."
            )
            return None
        return Entry(full, form, stored, self.get_backend_timeout(timeout))

    def _value(self, full: str, found: Found, default: Any) -> Any:
        try:
            return self._codec.decode(full, found.form, found.stored)
        except Unreadable as problem:
            logger.warning("An unreadable cache entry was dropped: %s", problem)
            self._write(False, self._store.entries.delete, full)
            return default

    def _add_to(self, full: str, delta: Any) -> Any:
        entries = self._store.entries
        if type(delta) is int and abs(delta) < COUNTABLE:
            counted = entries.count(full, delta)
            if counted is not None:
                return counted
        result: list[Any] = [None]

        def change(found: Found) -> tuple[int, Stored]:
            result[0] = self._codec.decode(full, found.form, found.stored) + delta
            return self._codec.encode(full, result[0])

        entries.rewrite(full, change)
        return result[0]

    @property
    def _bounds(self) -> Bounds:
        max_entries = self._max_entries if self._counts_entries else None
        return Bounds(self._max_bytes, max_entries, self._cull_frequency)

    def _tidy(self, key: str, writes: int, size: int) -> None:
        bounds, housekeeper = self._bounds, self._store.housekeeper
        if housekeeper.is_due(writes, size, bounds):
            self.close()  # a worker has no end of a request
            self._write(None, housekeeper.tidy, key, bounds)

    def _read(self, otherwise: T, operation: Callable[..., T], *args: Any) -> T:
        return self._attempt(False, otherwise, operation, *args)

    def _write(self, otherwise: T, operation: Callable[..., T], *args: Any) -> T:
        return self._attempt(True, otherwise, operation, *args)

    def _attempt(self, was_write: bool, otherwise: T, operation: Callable[..., T], *args: Any) -> T:
        outage = self._store.outage
        if outage.is_on and not outage.is_over():
            return otherwise
        try:
            return operation(*args)
        except (sqlite3.Error, OSError) as error:
            outage.begin(error, was_write=was_write)  # raises all but the few a cache may shrug off
            return otherwise


def _size(entry: Entry) -> int:
    return len(entry.stored) if isinstance(entry.stored, str | bytes) else 8
