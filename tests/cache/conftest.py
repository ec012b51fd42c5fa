"""A cache of the test's own, on its own volume."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bodega.cache.backend import SqliteCache, store_in
from bodega.cache.entries import Entries


class FakeClock:
    """Seconds since 1970 that pass only when told."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        self.seconds += 1e-6  # two events never happen at the same time
        return self.seconds


@pytest.fixture
def make_cache(volume: Path) -> Iterator[Callable[..., SqliteCache]]:
    """Makes caches on one file: `make_cache(OPTIONS={…})`."""

    def make(**params: Any) -> SqliteCache:
        return SqliteCache(volume, params)

    yield make
    store_in(volume).entries.file.forget()


@pytest.fixture
def cache(make_cache: Callable[..., SqliteCache]) -> SqliteCache:
    return make_cache()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def entries(volume: Path, clock: FakeClock) -> Iterator[Entries]:
    entries = Entries(volume, clock)
    yield entries
    entries.file.forget()
