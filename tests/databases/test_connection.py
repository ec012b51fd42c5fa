"""Connections that take turns: which statements, and that the turn is always given back."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.databases import connection as module
from bodega.databases.connection import IS_WRITE, Connection
from bodega.databases.holdings import Holding
from bodega.databases.naming import acting_as
from tests.databases.test_syncing import Thread


@pytest.fixture
def holding(volume: Path) -> Iterator[Holding]:
    holding = Holding(volume / "primary.sqlite3", "primary", "group")
    yield holding
    holding.let_go()


def opened(holding: Holding, patience: float = 5.0) -> Connection:
    made: Connection = sqlite3.connect(
        holding.path, isolation_level=None, check_same_thread=False, factory=Connection
    )
    made.turns = holding
    made.wait_patiently(patience)
    return made


@pytest.fixture
def connection(holding: Holding) -> Iterator[Connection]:
    made = opened(holding)
    made.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE)")
    yield made
    made.close()


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1)",
        "  update t SET a = 1",
        "\nBEGIN IMMEDIATE",
        "begin exclusive",
        "CREATE TABLE t (a)",
        "VACUUM",
        "REPLACE INTO t VALUES (1)",
    ],
)
def test_what_writes_takes_a_turn(sql: str) -> None:
    assert IS_WRITE(sql)


@pytest.mark.parametrize(
    "sql",
    ["SELECT 1", "BEGIN", "BEGIN DEFERRED", "PRAGMA data_version", "VACUUM INTO 'x'", "UPDATED"],
)
def test_what_only_reads_does_not(sql: str) -> None:
    assert not IS_WRITE(sql)


def test_a_transaction_has_the_turn_from_begin_to_commit(
    holding: Holding, connection: Connection
) -> None:
    with acting_as("view checkout.place"):
        connection.execute("BEGIN IMMEDIATE")
    assert holding.lock.holder is not None
    assert holding.lock.holder.who == "view checkout.place"
    connection.execute("INSERT INTO note (text) VALUES ('a')")
    assert connection.has_turn
    connection.execute("COMMIT")
    assert holding.lock.holder is None


@pytest.mark.parametrize("end", ["rollback", "commit", "close"])
def test_methods_end_the_turn_too(holding: Holding, connection: Connection, end: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    getattr(connection, end)()
    assert holding.lock.holder is None


def test_a_statement_on_its_own_gives_the_turn_back_also_when_it_fails(
    holding: Holding, connection: Connection
) -> None:
    connection.execute("INSERT INTO note (text) VALUES ('a')")
    assert holding.lock.holder is None
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO note (text) VALUES ('a')")
    assert holding.lock.holder is None
    connection.executemany("INSERT INTO note (text) VALUES (?)", [("b",), ("c",)])
    connection.executescript("INSERT INTO note (text) VALUES ('d'); DELETE FROM note")
    assert holding.lock.holder is None


def test_a_transaction_that_sqlite_ends_by_itself_gives_the_turn_back(
    holding: Holding, connection: Connection
) -> None:
    connection.execute("PRAGMA max_page_count=4").fetchall()
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        connection.execute("INSERT INTO note (text) VALUES (?)", ("x" * 100_000,))
    connection.rollback()
    assert holding.lock.holder is None


def test_a_connection_that_is_forgotten_in_a_transaction_gives_the_turn_back(
    holding: Holding, connection: Connection
) -> None:
    other = opened(holding)
    other.execute("BEGIN IMMEDIATE")
    assert holding.lock.holder is not None
    del other
    assert holding.lock.holder is None


def test_what_python_begins_by_itself_has_the_turn_too(
    holding: Holding, connection: Connection
) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute("INSERT INTO note (text) VALUES ('a')")
    assert connection.in_transaction
    assert holding.lock.holder is not None
    connection.commit()
    assert holding.lock.holder is None


def test_threads_queue_up_instead_of_failing(holding: Holding, connection: Connection) -> None:
    def write() -> None:
        mine = opened(holding)
        for number in range(50):
            mine.execute("BEGIN IMMEDIATE")
            mine.execute("INSERT INTO note (text) VALUES (?)", (f"{id(mine)} {number}",))
            mine.execute("COMMIT")
        mine.close()

    threads = [Thread(write) for _ in range(6)]
    for thread in threads:
        thread.join(30)
        assert thread.error is None
    assert connection.execute("SELECT count(*) FROM note").fetchone() == (300,)


def test_a_lock_held_outside_is_waited_for_named_and_counted(
    holding: Holding, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.01)
    foreign = sqlite3.connect(holding.path, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    impatient = opened(holding, patience=0.05)
    monkeypatch.setattr(holding, "name_foreigner", lambda: "process 7 (bodega worker)")
    with pytest.raises(
        sqlite3.OperationalError, match=r"locked: process 7 .* waited 0\."
    ) as caught:
        impatient.execute("BEGIN IMMEDIATE")
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_BUSY
    assert holding.lock.holder is None
    assert holding.lock.waits.report().waited == 1
    foreign.execute("ROLLBACK")
    impatient.execute("BEGIN IMMEDIATE")
    impatient.close()
    foreign.close()
