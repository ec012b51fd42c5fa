"""Files whose content may be thrown away: schema, damage, replacement, threads, forks."""

import errno
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.databases.disposable import (
    Complaint,
    DisposableFile,
    Schema,
    is_damage,
    soft_reason,
)
from bodega.databases.leases import Lease

SCHEMA = Schema(1, ("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)",))
NEWER = Schema(2, ("CREATE TABLE letter (id INTEGER PRIMARY KEY, words TEXT)",))


@pytest.fixture
def file(volume: Path) -> Iterator[DisposableFile]:
    file = DisposableFile("cache", SCHEMA, volume)
    yield file
    file.forget()


def write(file: DisposableFile, text: str = "hello") -> None:
    file.connection().execute("INSERT INTO note (text) VALUES (?)", (text,))


def texts(file: DisposableFile) -> list[str]:
    return [text for (text,) in file.connection().execute("SELECT text FROM note")]


def scribble(path: Path, at: int = 0, size: int = 4096) -> None:
    """Damage as a bad disk makes it: done by nobody who has the database open."""
    descriptor = os.open(path, os.O_WRONLY)
    os.pwrite(descriptor, b"\xaa" * size, at)
    os.close(descriptor)


def damaged(file: DisposableFile) -> None:
    """Some pages of content, all of it in the file itself, and its first page destroyed."""
    for number in range(50):
        write(file, f"{number}" * 500)
    file.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    file.forget()
    scribble(file.path)


def test_the_schema_is_made_when_the_file_is_first_used(file: DisposableFile) -> None:
    write(file)
    assert texts(file) == ["hello"]
    assert file.connection().execute("PRAGMA user_version").fetchone() == (1,)


def test_a_thread_keeps_its_connection(file: DisposableFile) -> None:
    assert file.connection() is file.connection()


def test_content_is_still_there_for_the_next_process(file: DisposableFile, volume: Path) -> None:
    write(file)
    file.forget()
    again = DisposableFile("cache", SCHEMA, volume)
    assert texts(again) == ["hello"]
    again.forget()


def test_another_schema_version_starts_empty_with_its_own_tables(
    file: DisposableFile, volume: Path
) -> None:
    write(file)
    newer = DisposableFile("cache", NEWER, volume)
    rows = newer.connection().execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    assert rows.fetchall() == [("letter",)]
    newer.forget()


def test_a_release_that_lost_its_tables_to_another_gets_them_back(
    file: DisposableFile, volume: Path
) -> None:
    write(file)
    newer = DisposableFile("cache", NEWER, volume)
    newer.connection()
    with pytest.raises(sqlite3.OperationalError) as caught:
        write(file)
    assert "another release" in file.mend(caught.value)
    write(file, "again")
    assert texts(file) == ["again"]
    newer.forget()


def test_our_own_mistakes_are_not_shrugged_off(file: DisposableFile) -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        file.connection().execute("SELECT text FROM nowhere")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        file.mend(caught.value)


def test_each_thread_has_its_own_connection(file: DisposableFile) -> None:
    seen = []
    thread = threading.Thread(target=lambda: seen.append(file.connection()))
    thread.start()
    thread.join()
    assert seen[0] is not file.connection()


def test_connections_of_dead_threads_are_closed(file: DisposableFile) -> None:
    seen: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: seen.append(file.connection()))
    thread.start()
    thread.join()
    file.connection()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        seen[0].execute("SELECT 1")


def test_a_damaged_file_is_replaced_when_it_is_opened(file: DisposableFile) -> None:
    damaged(file)
    assert texts(file) == []
    write(file)
    assert texts(file) == ["hello"]


def test_a_text_file_in_its_place_is_replaced(file: DisposableFile) -> None:
    file.path.write_text("this is not a database" * 100)
    assert texts(file) == []


def test_damage_met_later_replaces_the_file_and_says_so(file: DisposableFile) -> None:
    for number in range(200):
        write(file, f"{number}" * 500)
    file.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    file.forget()
    scribble(file.path, at=4096 * 3, size=4096 * 20)
    with pytest.raises(sqlite3.DatabaseError) as caught:
        texts(file)
    assert is_damage(caught.value)
    assert "an empty one has taken its place" in file.mend(caught.value)
    assert texts(file) == []


def test_a_whole_file_is_not_thrown_away_on_a_rumour(file: DisposableFile) -> None:
    write(file)
    assert file.recover() is False
    assert texts(file) == ["hello"]


def test_a_replaced_file_is_noticed(file: DisposableFile, volume: Path) -> None:
    write(file)
    other = DisposableFile("cache", SCHEMA, volume)
    other.connection()
    assert file.forget_if_replaced() is False
    for suffix in ("-wal", "-shm", ""):
        file.path.with_name(file.path.name + suffix).unlink()
    assert file.forget_if_replaced() is True
    assert texts(file) == []
    write(file, "new")
    other.forget()  # closing the ghost leaves the new file's -wal alone
    assert file.path.with_name(file.path.name + "-wal").exists()
    assert texts(file) == ["new"]


def test_opening_and_replacing_take_turns(file: DisposableFile, volume: Path) -> None:
    opened = threading.Event()

    def open_it() -> None:
        file.connection()
        opened.set()

    with Lease("cache-file", volume):
        thread = threading.Thread(target=open_it)
        thread.start()
        assert not opened.wait(0.05)
    assert opened.wait(5)
    thread.join()


def test_a_full_disk_may_fail_soft_and_keeps_the_connection(file: DisposableFile) -> None:
    connection = file.connection()
    connection.execute("PRAGMA max_page_count=3").fetchall()
    with pytest.raises(sqlite3.Error) as caught:
        write(file, "x" * 50_000)
    assert file.mend(caught.value) == "the disk is full"
    assert file.connection() is connection


def test_a_missing_folder_may_fail_soft() -> None:
    assert soft_reason(OSError(errno.ENOENT, "no such file")) == "the volume's folder is missing"


@pytest.mark.parametrize(
    "error",
    [sqlite3.ProgrammingError("wrong number of bindings"), OSError(errno.EINVAL, "invalid")],
)
def test_what_is_not_on_the_list_may_not_fail_soft(error: sqlite3.Error | OSError) -> None:
    assert soft_reason(error) is None


def test_a_complaint_is_logged_once_a_minute_and_counts_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    complaint = Complaint(logging.getLogger("bodega.test"), every=60)
    said = [complaint.say("broken", now) for now in (0.0, 1.0, 59.0, 60.0)]
    assert said == [True, False, False, True]
    assert [record.getMessage() for record in caplog.records] == [
        "broken",
        "broken (2 more since the last line)",
    ]


FORKING = """
import os, sys
from pathlib import Path
from bodega.databases.disposable import DisposableFile, Schema
file = DisposableFile("cache", Schema(1, ("CREATE TABLE note (text TEXT)",)), Path(sys.argv[1]))
mine = file.connection()
child = os.fork()
assert child or file.connection() is not mine
for number in range(200):
    file.connection().execute("INSERT INTO note VALUES (?)", (f"{bool(child)} {number}",))
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert file.connection() is mine
print(mine.execute("SELECT count(*) FROM note").fetchone()[0], end=" ")
print(mine.execute("PRAGMA integrity_check").fetchone()[0])
"""


@pytest.mark.process
def test_a_forked_child_opens_its_own_connection_and_both_can_write(volume: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING, str(volume)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "400 ok\n", done.stderr
