import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.databases import changes
from bodega.databases.changes import Watched, columns
from bodega.databases.opening import open_file

COUNTER = "shelf"
LEFT = "CASE WHEN {row}.left > 5 THEN 6 ELSE {row}.left END"
WATCHED = (Watched("thing"), Watched("stock", (*columns("flag"), LEFT)))


@pytest.fixture
def connection(volume: Path) -> Iterator[sqlite3.Connection]:
    opened = open_file("primary", volume)
    opened.execute("CREATE TABLE thing (id integer PRIMARY KEY, name text)")
    opened.execute("CREATE TABLE stock (id integer PRIMARY KEY, flag, left integer, note text)")
    opened.execute("INSERT INTO stock VALUES (1, NULL, 20, '')")
    changes.install(opened, COUNTER, WATCHED)
    yield opened
    opened.close()


def count(connection: sqlite3.Connection, *statements: str) -> int:
    """By how much the statements move the counter."""
    before = changes.value(connection, COUNTER)
    for statement in statements:
        connection.execute(statement)
    after = changes.value(connection, COUNTER)
    assert before is not None
    assert after is not None
    return after - before


def test_every_kind_of_write_counts(connection: sqlite3.Connection) -> None:
    assert count(connection, "INSERT INTO thing VALUES (1, 'a')") == 1
    assert count(connection, "UPDATE thing SET name = 'b'") == 1
    assert count(connection, "INSERT OR REPLACE INTO thing VALUES (1, 'c')") >= 1
    assert count(connection, "DELETE FROM thing") == 1
    assert count(connection, "UPDATE thing SET name = 'nobody there'") == 0


def test_another_process_is_counted_in_its_own_transaction(
    connection: sqlite3.Connection, volume: Path
) -> None:
    other = open_file("primary", volume)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO thing VALUES (1, 'a')")
    assert count(connection) == 0
    before = changes.value(connection, COUNTER)
    other.execute("COMMIT")
    assert changes.value(connection, COUNTER) == (before or 0) + 1
    other.close()


def test_a_write_that_is_rolled_back_does_not_count(connection: sqlite3.Connection) -> None:
    assert count(connection, "BEGIN", "INSERT INTO thing VALUES (1, 'a')", "ROLLBACK") == 0


def test_only_what_is_shown_counts(connection: sqlite3.Connection) -> None:
    assert count(connection, "UPDATE stock SET left = 19, note = 'sold one'") == 0
    assert count(connection, "UPDATE stock SET left = 6") == 0
    assert count(connection, "UPDATE stock SET left = 5") == 1
    assert count(connection, "UPDATE stock SET left = 4") == 1
    assert count(connection, "UPDATE stock SET flag = 1") == 1, "from NULL to a value is a change"
    assert count(connection, "UPDATE stock SET flag = NULL") == 1


def test_installing_again_changes_nothing(connection: sqlite3.Connection) -> None:
    before = changes.value(connection, COUNTER)
    assert not changes.install(connection, COUNTER, WATCHED)
    assert changes.value(connection, COUNTER) == before
    assert changes.missing(connection, COUNTER, WATCHED) == []


def test_a_rebuilt_table_has_lost_its_triggers_and_gets_them_back(
    connection: sqlite3.Connection,
) -> None:
    for statement in (
        "CREATE TABLE new__thing (id integer PRIMARY KEY, name text, more text)",
        "INSERT INTO new__thing (id, name) SELECT id, name FROM thing",
        "DROP TABLE thing",
        "ALTER TABLE new__thing RENAME TO thing",
    ):
        connection.execute(statement)
    lost = changes.missing(connection, COUNTER, WATCHED)
    assert len(lost) == 3
    assert "the trigger changes_shelf_thing_insert is gone" in lost
    before = changes.value(connection, COUNTER)
    assert changes.install(connection, COUNTER, WATCHED)
    assert changes.missing(connection, COUNTER, WATCHED) == []
    after = changes.value(connection, COUNTER)
    assert after == (before or 0) + 1, "what happened without triggers must not go unnoticed"


def test_a_trigger_that_says_something_else_is_noticed(connection: sqlite3.Connection) -> None:
    wider = (Watched("thing"), Watched("stock"))
    found = changes.missing(connection, COUNTER, wider)
    assert found == ["the trigger changes_shelf_stock_update is not as it should be"]
    changes.install(connection, COUNTER, wider)
    assert count(connection, "UPDATE stock SET left = 19") == 1


def test_a_table_that_is_not_watched_any_more_loses_its_triggers(
    connection: sqlite3.Connection,
) -> None:
    changes.install(connection, COUNTER, (Watched("stock"),))
    assert count(connection, "INSERT INTO thing VALUES (1, 'a')") == 0


def test_a_missing_table_or_counter_is_told(connection: sqlite3.Connection) -> None:
    elsewhere = (*WATCHED, Watched("nowhere"))
    assert changes.missing(connection, COUNTER, elsewhere) == ["the table nowhere does not exist"]
    assert "the counter 'other' is not there" in changes.missing(connection, "other", ())
    connection.execute("DROP TABLE change_counter")
    assert changes.missing(connection, COUNTER, WATCHED) == [
        "the table change_counter is not there"
    ]


def test_counters_do_not_disturb_each_other(connection: sqlite3.Connection) -> None:
    changes.install(connection, "second", (Watched("thing"),))
    assert count(connection, "UPDATE stock SET left = 1") == 1
    assert changes.value(connection, "second") == 1
