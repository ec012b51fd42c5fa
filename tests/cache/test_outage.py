"""What happens while the file cannot be used."""

import logging
import sqlite3

import pytest

from bodega.cache.entries import Entries, Entry
from bodega.cache.outage import REST_SECONDS, Outage
from bodega.cache.values import NATIVE
from tests.cache.conftest import FakeClock


@pytest.fixture
def outage(entries: Entries, clock: FakeClock) -> Outage:
    return Outage(entries, clock)


def full_disk() -> sqlite3.Error:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def test_an_outage_rests_for_a_second_and_then_is_over(outage: Outage, clock: FakeClock) -> None:
    outage.begin(full_disk(), was_write=False)
    assert (outage.is_on, outage.is_over()) == (True, False)
    clock.seconds += REST_SECONDS
    assert (outage.is_over(), outage.is_on) == (True, False)


def test_after_a_failed_write_the_cache_starts_empty(
    outage: Outage, entries: Entries, clock: FakeClock
) -> None:
    entries.write(Entry("outdated", NATIVE, "x", None))
    outage.begin(full_disk(), was_write=True)
    clock.seconds += REST_SECONDS
    assert outage.is_over()
    assert entries.read("outdated") is None


def test_after_a_failed_read_nothing_is_thrown_away(
    outage: Outage, entries: Entries, clock: FakeClock
) -> None:
    entries.write(Entry("fine", NATIVE, "x", None))
    outage.begin(full_disk(), was_write=False)
    clock.seconds += REST_SECONDS
    assert outage.is_over()
    assert entries.read("fine") is not None


def test_an_outage_goes_on_while_emptying_fails(
    outage: Outage, entries: Entries, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise full_disk()

    outage.begin(full_disk(), was_write=True)
    with monkeypatch.context() as broken:
        broken.setattr(entries, "clear", fail)
        clock.seconds += REST_SECONDS
        assert not outage.is_over()
    assert not outage.is_over()  # it rests again
    clock.seconds += REST_SECONDS
    assert outage.is_over()


def test_it_is_said_loudly_but_once(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(100):
        outage.begin(full_disk(), was_write=True)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "the disk is full" in record.getMessage()
    assert "cache.sqlite3" in record.getMessage()


def test_our_own_mistakes_are_raised(outage: Outage) -> None:
    with pytest.raises(sqlite3.ProgrammingError):
        outage.begin(sqlite3.ProgrammingError("wrong number of bindings"), was_write=True)
    assert not outage.is_on
