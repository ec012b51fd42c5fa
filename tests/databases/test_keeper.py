"""The keeper: short logs, nobody stopped for long, and an alarm that names who is in the way."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.databases import keeper as module
from bodega.databases.keeper import Keeper, Length
from bodega.databases.opening import open_file
from tests.databases.test_syncing import Thread
from tests.waiting import until


@pytest.fixture
def keeper(volume: Path) -> Iterator[Keeper]:
    keeper = Keeper("primary", volume)
    yield keeper
    keeper.close()


@pytest.fixture
def writer(volume: Path) -> Iterator[sqlite3.Connection]:
    connection = open_file("primary", volume)
    connection.execute("CREATE TABLE note (text TEXT)")
    yield connection
    connection.close()


def fill(connection: sqlite3.Connection, pages: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO note VALUES (?)", [("x" * 4000,)] * pages)
    connection.execute("COMMIT")


def test_a_short_log_is_left_alone(keeper: Keeper, writer: sqlite3.Connection) -> None:
    fill(writer, 20)
    length = keeper.look()
    assert length.waiting == length.pages > 20


def test_a_long_log_is_copied_and_begins_again(
    keeper: Keeper, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PASSIVE_PAGES", 100)
    fill(writer, 150)
    length = keeper.look()
    assert length.waiting == 0
    fill(writer, 1)
    assert keeper.length().pages < 20  # from the beginning again
    assert Path(f"{keeper.path}-wal").stat().st_size > 150 * 4096  # nothing was cut off


def test_a_log_that_never_becomes_quiet_is_copied_while_writers_wait(
    keeper: Keeper, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FULL_PAGES", 50)  # the passive one is never due
    fill(writer, 60)
    assert keeper.look().waiting == 0


def test_a_reader_with_an_old_snapshot_is_named(
    keeper: Keeper,
    writer: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    volume: Path,
) -> None:
    for name, pages in (("PASSIVE_PAGES", 10), ("ALARM_PAGES", 30)):
        monkeypatch.setattr(module, name, pages)
    monkeypatch.setattr(module.kernel, "command", lambda pid: f"command of {pid}")
    reader = open_file("primary", volume)
    fill(writer, 5)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM note").fetchall()
    fill(writer, 40)
    with caplog.at_level(logging.ERROR):
        assert keeper.look().waiting > 0
        keeper.look()
    (record,) = caplog.records  # once a minute
    assert "somebody reads an old snapshot: process" in record.getMessage()
    assert "command of" in record.getMessage()
    reader.execute("COMMIT")
    assert keeper.look().waiting == 0
    reader.close()


def test_a_long_writer_is_waited_for_another_time(
    keeper: Keeper,
    writer: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FULL_PAGES", 1)
    fill(writer, 5)
    writer.execute("BEGIN IMMEDIATE")
    assert keeper.look().pages >= 0  # said and left
    writer.execute("ROLLBACK")
    assert keeper.look().waiting == 0


def test_one_keeper_a_volume(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.005)
    seen: list[tuple[int, Path]] = []

    def look(self: Keeper) -> Length:
        seen.append((threading.get_ident(), self.path))
        return Length(0, 0)

    monkeypatch.setattr(Keeper, "look", look)
    first, second = threading.Event(), threading.Event()
    one = Thread(lambda: module.run(first))
    until(lambda: len(seen) > 4)
    other = Thread(lambda: module.run(second))
    until(lambda: len(seen) > 20)
    assert {path.name for _, path in seen} == {"primary.sqlite3", "queue.sqlite3"}
    assert len({thread for thread, _ in seen}) == 1
    first.set()
    one.join(5)
    until(lambda: len({thread for thread, _ in seen}) == 2)
    second.set()
    other.join(5)
    assert (one.error, other.error) == (None, None)
