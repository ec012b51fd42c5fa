"""The model of a disk: what is synced stays, the rest as it likes, nothing else ever appears."""

import random

import pytest

from bodega.ops.drill.powercut import disk
from bodega.ops.drill.powercut.disk import Weather, covered, cut
from bodega.ops.drill.powercut.recording import (
    ACKNOWLEDGED,
    DATABASE,
    LOG,
    SYNC,
    TRUNCATE,
    WRITE,
    Event,
    Recording,
)

PAGE = b"n" * 4096


def write(number: int, offset: int = 0, data: bytes = PAGE, place: int = LOG) -> Event:
    return Event(number, 0, offset, WRITE, place, data)


def sync(number: int, covers: int, place: int = LOG) -> Event:
    return Event(number, covers, 0, SYNC, place, b"")


def recording(*events: Event) -> Recording:
    return Recording(b"o" * 4096, b"", ("seed",), events)


def logs(*events: Event, tries: int = 200) -> set[bytes]:
    """Every log that a few hundred cuts after the last event come to."""
    whole = recording(*events)
    return {cut(whole, len(events), random.Random(seed)).log for seed in range(tries)}


def test_what_was_synced_is_always_there() -> None:
    assert logs(write(1), sync(3, covers=2)) == {PAGE}


def test_what_was_not_synced_is_there_or_not_or_in_part() -> None:
    found = logs(write(1))
    assert {b"", PAGE} <= found
    assert any(0 < log.count(b"n") < 4096 for log in found)


def test_a_sync_covers_only_what_was_written_before_it_began() -> None:
    assert b"" in logs(sync(1, covers=0), write(2))
    assert b"" in logs(write(2), sync(3, covers=1))


def test_a_sync_of_one_file_is_none_of_the_other() -> None:
    assert covered([sync(5, covers=4, place=DATABASE)]) == {DATABASE: 4, LOG: 0}
    assert b"" in logs(write(1), sync(3, covers=2, place=DATABASE))


def test_a_later_write_may_be_there_without_an_earlier_one() -> None:
    found = logs(write(1), write(2, offset=4096))
    assert bytes(4096) + PAGE in found


def test_what_comes_after_the_cut_has_not_happened() -> None:
    whole = recording(write(1), sync(3, covers=2), write(4, data=b"later"))
    assert {cut(whole, 2, random.Random(seed)).log for seed in range(50)} == {PAGE}


def test_a_torn_write_is_torn_at_sectors_or_pages() -> None:
    weather = Weather(random.Random(1), likelihood=0.0, piece=512)
    for _ in range(200):
        for start, end in weather.survivors(write(1, offset=24)):
            assert (start + 24) % 512 == 0 or start == 0
            assert (end + 24) % 512 == 0 or end == 4096


def test_a_truncation_may_survive_or_not() -> None:
    events = (write(1), sync(3, covers=2), Event(4, 0, 0, TRUNCATE, LOG, b""))
    assert logs(*events) == {b"", PAGE}


def test_only_those_who_were_told_before_the_cut_count() -> None:
    told = Event(2, 0, 0, WRITE, ACKNOWLEDGED, b"token\n")
    whole = recording(write(1), told)
    assert cut(whole, 2, random.Random(1)).acknowledged == {"seed", "token"}
    assert cut(whole, 1, random.Random(1)).acknowledged == {"seed"}


def test_the_seed_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = recording(write(1), write(2, offset=4096))
    assert cut(whole, 2, random.Random(7)) == cut(whole, 2, random.Random(7))
    monkeypatch.setattr(disk, "LIKELIHOODS", (1.0,))
    assert cut(whole, 2, random.Random(7)).log == PAGE + PAGE
