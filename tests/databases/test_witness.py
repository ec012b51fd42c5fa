"""What the `-shm` says beside SQLite: what was committed, and who has the write lock."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.databases.opening import open_file
from bodega.databases.witness import HEADER_BYTES, Witness

FOREIGNER = """
import sys
import bodega.databases
import sqlite3
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement)
"""


@pytest.fixture
def writer(volume: Path) -> Iterator[sqlite3.Connection]:
    connection = open_file("primary", volume)
    connection.execute("CREATE TABLE t (a)")
    yield connection
    connection.close()


@pytest.fixture
def witness(volume: Path, writer: sqlite3.Connection) -> Iterator[Witness]:
    witness = Witness(volume / "primary.sqlite3")
    yield witness
    writer.close()  # first: closing a descriptor of the `-shm` drops this process's locks
    witness.close()


def test_every_commit_has_a_version_of_its_own(
    witness: Witness, writer: sqlite3.Connection
) -> None:
    seen = {witness.version()}
    for number in range(20):
        writer.execute("INSERT INTO t VALUES (?)", (number,))
        seen.add(witness.version())
    assert None not in seen
    assert len(seen) == 21


def test_what_is_not_committed_has_none(witness: Witness, writer: sqlite3.Connection) -> None:
    before = witness.version()
    writer.execute("PRAGMA cache_size=1").fetchall()  # so that pages are spilt into the log
    writer.execute("BEGIN IMMEDIATE")
    writer.executemany("INSERT INTO t VALUES (?)", [("x" * 2_000,)] * 200)
    assert witness.version() == before
    writer.execute("ROLLBACK")
    assert writer.execute("SELECT count(*) FROM t").fetchall() == [(0,)]
    assert witness.version() == before


def test_a_log_that_begins_again_has_another_version(
    witness: Witness, writer: sqlite3.Connection
) -> None:
    seen = set()
    for _ in range(5):
        writer.execute("INSERT INTO t VALUES (1)")
        writer.execute("DELETE FROM t")
        seen.add(witness.version())
        writer.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    assert len(seen) == 5


@pytest.mark.process
def test_another_process_moves_it_too(
    witness: Witness, writer: sqlite3.Connection, volume: Path
) -> None:
    def foreigner(*statements: str) -> None:
        path = str(volume / "primary.sqlite3")
        subprocess.run([sys.executable, "-c", FOREIGNER, path, *statements], check=True, timeout=60)

    before = witness.version()
    foreigner("SELECT count(*) FROM t", "BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)", "ROLLBACK")
    assert witness.version() == before
    foreigner("INSERT INTO t VALUES (1)")
    assert witness.version() != before
    assert writer.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_a_header_that_is_just_being_written_is_no_version(tmp_path: Path) -> None:
    shm = tmp_path / "x.sqlite3-shm"
    one, other = bytes([1] * HEADER_BYTES), bytes([2] * HEADER_BYTES)
    shm.write_bytes(one + other)
    witness = Witness(tmp_path / "x.sqlite3")
    assert witness.version() is None
    shm.write_bytes(other + other)
    assert witness.version() == other
    shm.write_bytes(other)
    assert witness.version() is None
    witness.close()


def test_it_sees_the_write_lock_of_its_process_and_only_while_it_is_held(
    witness: Witness, writer: sqlite3.Connection
) -> None:
    assert not witness.sees_our_write_lock()
    writer.execute("BEGIN IMMEDIATE")
    assert witness.sees_our_write_lock()
    writer.execute("COMMIT")
    assert not witness.sees_our_write_lock()
