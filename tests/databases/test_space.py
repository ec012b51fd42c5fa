"""Space that runs out: refused politely, on time, and let in again."""

import logging
import sqlite3
from pathlib import Path

import pytest

from bodega.databases import space, watchdog
from bodega.databases.holdings import Holding
from bodega.databases.naming import acting_as
from bodega.databases.space import MEGABYTE, Space
from tests.databases.test_connection import holding, opened

__all__ = ["holding"]

SHORT, FILLING, ROOMY = (Space(n * MEGABYTE, 10_000 * MEGABYTE) for n in (20, 100, 5_000))


def test_a_floor_a_warning_and_plenty() -> None:
    assert (SHORT.is_short, SHORT.is_getting_short) == (True, True)
    assert (FILLING.is_short, FILLING.is_getting_short) == (False, True)
    assert (ROOMY.is_short, ROOMY.is_getting_short) == (False, False)
    assert (
        Space(5 * MEGABYTE, 100 * MEGABYTE).floor == 2 * MEGABYTE
    )  # a small one has a small floor


def test_the_real_one_is_read(tmp_path: Path) -> None:
    found = space.of(tmp_path)
    assert 0 < found.free <= found.total


def test_below_the_floor_nothing_new_is_written_and_reading_goes_on(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = opened(holding)
    connection.execute("CREATE TABLE note (text TEXT)")
    monkeypatch.setattr(space, "of", lambda _: SHORT)
    holding.look_at_space()
    with pytest.raises(
        sqlite3.OperationalError, match="disk is full: only 20 MB of 10,000"
    ) as caught:
        connection.execute("INSERT INTO note VALUES ('x')")
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_FULL
    assert connection.execute("SELECT count(*) FROM note").fetchone() == (0,)
    monkeypatch.setattr(space, "of", lambda _: ROOMY)
    connection.execute("INSERT INTO note VALUES ('x')")  # at once, without waiting for the watchdog
    connection.close()


def test_the_log_says_it_once_and_also_when_it_is_over(
    holding: Holding, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said: set[str] = set()
    with caplog.at_level(logging.WARNING):
        for found in (ROOMY, FILLING, FILLING, SHORT, SHORT, ROOMY, ROOMY):
            monkeypatch.setattr(space, "of", lambda _, found=found: found)
            said = watchdog.say_once(watchdog.warnings([holding]), said)
    told = [record.getMessage().partition(": ")[2] for record in caplog.records]
    assert told == [
        "100 MB of 10,000 MB are free.",
        "20 MB of 10,000 MB are free; nothing new is written.",
        "5,000 MB of 10,000 MB are free; writing goes on.",
    ]


def test_a_cursor_that_stays_open_is_named(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "LONG_READ_SECONDS", 0.0)
    connection = opened(holding)
    assert watchdog.warnings([holding]) == {}
    cursor = connection.cursor()
    with acting_as("view reports.export"):
        connection.note_read(cursor)
    (sentence,) = watchdog.warnings([holding]).values()
    assert sentence.startswith("view reports.export has been reading primary.sqlite3 for ")
    connection.forget_read(cursor)
    assert watchdog.warnings([holding]) == {}
    connection.note_read(cursor)
    del cursor  # never closed, but gone
    assert watchdog.warnings([holding]) == {}
    connection.close()
