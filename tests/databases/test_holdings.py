"""Anchors: the `-wal` outlives every close; and forked children, who inherit nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from bodega.databases import holders, kernel
from bodega.databases.holdings import Holding, held, hold, let_go
from bodega.databases.opening import open_file
from bodega.databases.writing import Holder

PREAMBLE = """
import os, sys
from pathlib import Path
import bodega.databases
import sqlite3
from django.conf import settings
path = Path(sys.argv[1]) / "primary.sqlite3"
settings.configure(DATABASES={"default": {
    "ENGINE": "bodega.databases.engine", "NAME": path, "OPTIONS": {"role": "primary"}}})
import django
django.setup()
from django.db import connection
from bodega.databases import holdings, kernel
def sql(words):
    with connection.cursor() as cursor:
        cursor.execute(words)
        return cursor.fetchall()
"""


def run(code: str, volume: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + code, str(volume)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_one_holding_a_file(volume: Path) -> None:
    path = volume / "primary.sqlite3"
    holding = hold(path, "primary", "group")
    assert hold(path, "primary", "group") is holding
    assert holding in held("primary")
    assert holding not in held("queue")
    let_go(path)
    assert holding not in held()
    let_go(path)


def test_the_version_moves_with_every_commit_and_only_then(volume: Path) -> None:
    holding = Holding(volume / "primary.sqlite3", "primary", "group")
    other = open_file("primary", volume)
    first = holding.version()
    other.execute("SELECT 1").fetchall()
    assert holding.version() == first
    other.execute("CREATE TABLE t (a)")
    second = holding.version()
    assert second != first
    other.execute("INSERT INTO t VALUES (1)")
    assert holding.version() not in (first, second)
    other.close()
    holding.let_go()


def test_while_there_is_an_anchor_no_close_checkpoints(volume: Path) -> None:
    holding = Holding(volume / "primary.sqlite3", "primary", "group")
    before = holding.wal.path.stat().st_ino
    other = open_file("primary", volume)
    other.execute("CREATE TABLE t (a)")
    other.close()
    assert holding.wal.path.stat().st_ino == before
    assert holding.wal.path.stat().st_size > 0
    holding.let_go()


def test_without_an_anchor_the_last_close_does(volume: Path) -> None:
    other = open_file("primary", volume)
    other.execute("CREATE TABLE t (a)")
    other.close()
    assert not (volume / "primary.sqlite3-wal").exists()


@pytest.mark.process
def test_a_short_lived_command_leaves_the_wal_as_it_is(volume: Path) -> None:
    run("sql('CREATE TABLE t (a)')", volume)
    size = (volume / "primary.sqlite3-wal").stat().st_size
    assert size > 0
    run("connection.ensure_connection(); connection.close()", volume)
    assert (volume / "primary.sqlite3-wal").stat().st_size == size


@pytest.mark.process
def test_a_forked_child_opens_its_own_and_the_parents_locks_stay(volume: Path) -> None:
    told = run(
        """
sql("CREATE TABLE t (a INTEGER)")
handle = connection.connection
child = os.fork()
if not child:
    assert connection.connection is None
    sql("INSERT INTO t VALUES (1)")
    assert connection.connection is not handle
    del handle
    sys.exit(0)  # an orderly end, with every finalizer: the parent's connections must survive it
assert os.waitpid(child, 0)[1] == 0
assert connection.connection is handle
inode = os.stat(path).st_ino
mine = [lock for lock in kernel.file_locks() if (lock.pid, lock.inode) == (os.getpid(), inode)]
assert mine, "the SHARED lock is gone"
sql("INSERT INTO t VALUES (2)")
print(sql("SELECT count(*) FROM t"), sql("PRAGMA integrity_check"))
""",
        volume,
    )
    assert told == "[(2,)] [('ok',)]"


@pytest.mark.process
def test_a_child_forked_beside_other_threads_closes_nothing_of_theirs(volume: Path) -> None:
    told = run(
        """
import threading
ready, go_on = threading.Event(), threading.Event()
def other():
    sql("SELECT 1")
    ready.set()
    go_on.wait(10)
thread = threading.Thread(target=other)
thread.start()
ready.wait(10)
holding = next(holdings.held())
before = os.stat(holding.wal.path).st_ino
child = os.fork()
if not child:
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
go_on.set()
thread.join()
print(os.stat(holding.wal.path).st_ino == before)
""",
        volume,
    )
    assert told == "True"


def test_the_board_tells_other_processes_who_writes(volume: Path) -> None:
    database = volume / "primary.sqlite3"
    board = holders.Board(database)
    assert [(writer.who, writer.seconds) for writer in holders.boards(database)] == [("", 0.0)]
    board.show(Holder("job orders.mails.send", 1, 1.0))
    (writer,) = holders.boards(database)
    assert writer.who == "job orders.mails.send"
    assert writer.seconds > 0
    board.show(None)
    assert holders.boards(database)[0].who == ""
    board.close()
    assert holders.boards(database) == []


@pytest.mark.process
def test_the_board_of_a_killed_process_is_taken_down(volume: Path) -> None:
    run("sql('CREATE TABLE t (a)'); os._exit(0)", volume)
    assert len(list((volume / "locks").glob("writer-*"))) > 0
    assert holders.boards(volume / "primary.sqlite3") == []
    assert list((volume / "locks").glob("writer-*")) == []


@pytest.mark.process
def test_a_foreign_writer_is_named_with_its_process(volume: Path) -> None:
    code = """
from bodega.databases.naming import acting_as
with acting_as("job slow.import_everything"):
    sql("BEGIN IMMEDIATE")
print("ready", flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + code, str(volume)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    database = volume / "primary.sqlite3"
    assert kernel.writers(database) == {process.pid}
    told = holders.foreign_writer(database)
    assert told.startswith("job slow.import_everything for ")
    assert f"in process {process.pid} (python" in told
    process.communicate("")
    assert kernel.writers(database) == set()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "31: POSIX  ADVISORY  READ 12898 fe:00:2226745 1073741826 1073742335",
            kernel.FileLock(12898, False, 2226745, 1073741826, 1073742335),
        ),
        ("2: POSIX  ADVISORY  WRITE 7 00:2a:5 0 EOF", kernel.FileLock(7, True, 5, 0, None)),
        ("31: -> POSIX  ADVISORY  READ 12898 fe:00:2226745 1 2", None),
        ("3: FLOCK  ADVISORY  WRITE 7 00:2a:5 0 EOF", None),
        ("4: OFDLCK ADVISORY  WRITE -1 00:2a:5 0 EOF", None),
    ],
)
def test_lines_of_proc_locks(line: str, expected: kernel.FileLock | None) -> None:
    assert kernel.parse(line) == expected
