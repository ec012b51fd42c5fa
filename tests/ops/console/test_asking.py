import os
import signal
import sqlite3
import threading
from collections.abc import Iterator

import pytest

from bodega.ops.console.asking import Asker, Refused

FOREVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute("CREATE TABLE t (x)")
    yield made
    made.close()


def rows(asker: Asker, statement: str) -> list[tuple[object, ...]]:
    with asker.ask(statement) as cursor:
        return list(cursor.fetchall())


def test_a_question_is_answered(connection: sqlite3.Connection) -> None:
    assert rows(Asker(connection, 1), "SELECT 1, NULL") == [(1, None)]


def test_fold_leaves_out_case_and_accents_and_keeps_null(connection: sqlite3.Connection) -> None:
    asker = Asker(connection, 1)
    assert rows(asker, "SELECT fold('Café GRÖSSE'), fold(NULL), fold(7)") == [
        ("cafe grosse", None, "7")
    ]


def test_a_question_that_takes_too_long_is_stopped(connection: sqlite3.Connection) -> None:
    with pytest.raises(Refused, match=r"stopped after 0.05 s. To wait longer: --timeout"):
        rows(Asker(connection, 0.05), FOREVER)
    assert rows(Asker(connection, 0.05), "SELECT 1") == [(1,)]


def test_ctrl_c_stops_a_question_and_nothing_else(connection: sqlite3.Connection) -> None:
    before = signal.getsignal(signal.SIGINT)
    asker = Asker(connection, 0)
    press = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    press.start()
    with pytest.raises(Refused, match="stopped, as you asked"):
        rows(asker, FOREVER)
    press.join()
    assert signal.getsignal(signal.SIGINT) is before
    assert rows(asker, "SELECT 1") == [(1,)]


def test_a_question_may_be_asked_on_any_thread() -> None:
    found: list[object] = []

    def ask() -> None:
        here = sqlite3.connect(":memory:", isolation_level=None)
        found.extend(rows(Asker(here, 1), "SELECT 5"))
        here.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [(5,)]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("SELECT * FROM nowhere", r"no such table: nowhere. See .tables"),
        ("SELECT FROM", "syntax error.*'single' quotes"),
        ("DELETE FROM t", "this console only reads; to change rows: --write"),
        ("CREATE TABLE u (y)", "only reads"),
        ("ATTACH ':memory:' AS more", "ATTACH and VACUUM INTO are not allowed"),
        ("VACUUM INTO '/nowhere/x'", "ATTACH and VACUUM INTO are not allowed"),
        ("BEGIN", "BEGIN, COMMIT and ROLLBACK are the console's own"),
        ("SAVEPOINT a", "SAVEPOINT is the console's own"),
        ("PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA wal_checkpoint is not one that only tells"),
        ("PRAGMA journal_mode=DELETE", "PRAGMA journal_mode is not one that only tells"),
        ("PRAGMA query_only=0", "PRAGMA query_only is not one that only tells"),
        ("EXPLAIN DELETE FROM t", "only reads"),
    ],
)
def test_a_refusal_says_what_and_what_next(
    connection: sqlite3.Connection, statement: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        rows(Asker(connection, 1), statement)


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA table_info(t)",
        "PRAGMA journal_mode",
        "SELECT * FROM pragma_table_list",
        "EXPLAIN SELECT 1",
    ],
)
def test_what_only_tells_is_allowed(connection: sqlite3.Connection, statement: str) -> None:
    assert rows(Asker(connection, 1), statement)


def test_with_permission_to_write_rows_change_but_files_do_not(
    connection: sqlite3.Connection,
) -> None:
    asker = Asker(connection, 1, may_write=True)
    rows(asker, "INSERT INTO t VALUES (1)")
    assert rows(asker, "SELECT * FROM t") == [(1,)]
    with pytest.raises(Refused, match="ATTACH"):
        rows(asker, "ATTACH ':memory:' AS more")


def test_a_locked_file_is_a_sentence() -> None:
    class Locked:
        sqlite_errorcode = sqlite3.SQLITE_BUSY

    connection = sqlite3.connect(":memory:")
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = Locked.sqlite_errorcode
    with (
        pytest.raises(Refused, match=r"database is locked. Somebody else is writing; try again."),
        Asker(connection, 1).ask("SELECT 1"),
    ):
        raise error
    connection.close()
