"""Staying within the bounds, in small steps."""

import pytest

from bodega.cache import housekeeping
from bodega.cache.entries import Entries, Entry, row_number
from bodega.cache.housekeeping import EVERY, SAMPLE, Bounds, Housekeeper
from bodega.cache.values import NATIVE
from tests.cache.conftest import FakeClock
from tests.cache.test_entries import size

KIB = 1024
BOUNDS = Bounds(max_bytes=1024 * KIB, max_entries=None, cull_frequency=3)


@pytest.fixture
def housekeeper(entries: Entries) -> Housekeeper:
    return Housekeeper(entries)


def fill(entries: Entries, count: int, expires: float | None = None, length: int = 10) -> None:
    entries.write_many([Entry(f"k{n}", NATIVE, "x" * length, expires) for n in range(count)])


def write_and_tidy(
    entries: Entries, housekeeper: Housekeeper, count: int, length: int, bounds: Bounds
) -> None:
    for number in range(count):
        entries.write(Entry(f"n{number}", NATIVE, "x" * length, None))
        if housekeeper.is_due(1, length, bounds):
            housekeeper.tidy(f"n{number}", bounds)


def test_it_looks_only_every_so_many_writes(housekeeper: Housekeeper) -> None:
    due = [housekeeper.is_due(1, 10, BOUNDS) for _ in range(EVERY)]
    assert due == [False] * (EVERY - 1) + [True]


def test_large_values_make_it_look_sooner(housekeeper: Housekeeper) -> None:
    assert housekeeper.is_due(1, BOUNDS.max_bytes // EVERY + 1, BOUNDS)


def test_expired_entries_go_and_the_living_stay(
    entries: Entries, housekeeper: Housekeeper, clock: FakeClock
) -> None:
    fill(entries, 200, expires=clock() + 10)
    entries.write(Entry("living", NATIVE, "x", clock() + 100))
    clock.seconds += 50
    while housekeeper.drop_expired():
        pass
    for _ in range(200):  # samples begin anywhere: by now all have been seen
        housekeeper.drop_expired()
    assert entries.read("living") is not None
    assert size(entries) < 20


def test_the_bytes_in_use_stay_within_the_bound(entries: Entries, housekeeper: Housekeeper) -> None:
    write_and_tidy(entries, housekeeper, 3_000, 2 * KIB, BOUNDS)
    assert 0.5 * BOUNDS.max_bytes < housekeeper.used_bytes() < 1.3 * BOUNDS.max_bytes


def test_without_tidying_the_bound_would_be_broken(
    entries: Entries, housekeeper: Housekeeper
) -> None:
    fill(entries, 3_000, length=2 * KIB)
    assert housekeeper.used_bytes() > 4 * BOUNDS.max_bytes


def test_the_oldest_of_a_sample_are_evicted(
    entries: Entries, housekeeper: Housekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "pick_hash", lambda low, high: low)
    fill(entries, SAMPLE, length=3 * KIB)
    housekeeper.make_room(row_number("k0"), housekeeper.used_bytes() - 1)
    kept = [n for n in range(SAMPLE) if entries.read(f"k{n}") is not None]
    assert kept == [0, *range(SAMPLE // 4 + 1, SAMPLE)]  # the first was just written: spared


def test_an_entry_larger_than_everything_else_is_kept_alone(
    entries: Entries, housekeeper: Housekeeper
) -> None:
    fill(entries, 20)
    entries.write(Entry("large", NATIVE, "x" * 200 * KIB, None))
    assert housekeeper.make_room(row_number("large"), 100 * KIB) is True
    assert (size(entries), entries.read("large") is not None) == (1, True)


def test_one_look_evicts_only_so_much_and_the_next_write_goes_on(
    entries: Entries, housekeeper: Housekeeper
) -> None:
    fill(entries, 6_000, length=KIB)
    housekeeper.tidy("k0", BOUNDS)
    assert size(entries) > 4_000
    assert housekeeper.is_due(1, 1, BOUNDS)
    for _ in range(20):
        housekeeper.tidy("k0", BOUNDS)
    assert housekeeper.used_bytes() <= BOUNDS.max_bytes
    assert not housekeeper.is_due(1, 1, BOUNDS)


@pytest.mark.parametrize(("frequency", "left"), [(3, 21), (0, 1)])
def test_too_many_entries_are_culled_as_django_does(
    entries: Entries, housekeeper: Housekeeper, frequency: int, left: int
) -> None:
    bounds = Bounds(10**9, max_entries=30, cull_frequency=frequency)
    write_and_tidy(entries, housekeeper, 31, 1, bounds)
    assert size(entries) == left
    assert entries.read("n30") is not None
    assert entries.read("n0") is None


def test_a_small_number_of_entries_is_kept_exactly_and_a_large_one_roughly() -> None:
    looks = [Bounds(1, number, 3).writes_between_looks for number in (30, 1_000, 100_000)]
    assert looks == [1, 20, EVERY]
