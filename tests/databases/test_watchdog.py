"""The watchdog against real faults in real processes; and that it does not bark at a healthy one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.databases import kernel, watchdog
from bodega.databases.exits import Exit
from bodega.databases.holdings import Holding
from bodega.databases.opening import open_file
from bodega.databases.trust import Loss, Trust
from tests.databases.test_holdings import PREAMBLE

# Commits, hurts itself as it is told, and then waits for the watchdog, for at most ten seconds.
VICTIM = (
    PREAMBLE
    + """
from bodega.databases import watchdog
from bodega.databases.durability import durable
watchdog.LOOK_SECONDS = 0.05
wal = f'{path}-wal'
import ctypes
libc = ctypes.CDLL(None)  # a C library, which no rule of ours keeps from opening files
sql("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
sql("INSERT INTO note (text) VALUES ('acknowledged')")
durable()
watchdog.start()
FAULT
import threading
threading.Event().wait(10)
"""
)
FAULTS = {
    "open and close the database": "libc.close(libc.open(bytes(path), 0))",
    "open and close the -shm": "libc.close(libc.open(bytes(path) + b'-shm', 0))",
    "delete the -wal": "os.unlink(f'{path}-wal')",
    "delete the -shm": "os.unlink(f'{path}-shm')",
    "delete the database": "os.unlink(path)",
    "move another file over the database": "Path(f'{path}.new').touch(); os.rename(f'{path}.new', path)",
    "move another file over the -wal": "Path(f'{path}.x').touch(); os.rename(f'{path}.x', wal)",
}


def hurt(volume: Path, fault: str) -> "subprocess.CompletedProcess[str]":
    code = VICTIM.replace("FAULT", fault)
    return subprocess.run(
        [sys.executable, "-c", code, str(volume)],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.process
@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_fault_ends_the_process_with_a_sentence_and_something_to_salvage(
    volume: Path, fault: str
) -> None:
    done = hurt(volume, FAULTS[fault])
    assert done.returncode == Exit.UNTIED, done.stderr
    assert "acknowledges nothing any more" in done.stderr
    (folder,) = (volume / "salvage").iterdir()
    about = json.loads((folder / "about.json").read_text())
    assert about["database"] == str(volume / "primary.sqlite3")
    assert about["reason"] in done.stderr
    assert b"acknowledged" in (folder / "primary.sqlite3-wal").read_bytes()
    is_database_gone = "the database" in fault and "open" not in fault
    assert (folder / "primary.sqlite3").exists() is is_database_gone


@pytest.mark.process
def test_a_healthy_process_is_left_alone(volume: Path) -> None:
    calm = """
for number in range(40):
    sql(f"INSERT INTO note (text) VALUES ('{number}')")
    durable()
    threading.Event().wait(0.01)
print("well", flush=True)
os._exit(0)
"""
    done = hurt(volume, "import threading" + calm)
    assert (done.returncode, done.stdout) == (0, "well\n"), done.stderr


@pytest.fixture
def losses() -> list[Loss]:
    return []


@pytest.fixture
def holding(volume: Path, losses: list[Loss]) -> Iterator[Holding]:
    trust = Trust(losses.append)
    holding = Holding(volume / "primary.sqlite3", "primary", "group", trusted=trust)
    yield holding
    holding.let_go()


def test_all_is_well(holding: Holding, losses: list[Loss]) -> None:
    assert holding.sees_its_locks
    assert watchdog.look([holding]) == []
    other = open_file("primary", holding.path.parent)
    other.execute("CREATE TABLE t (a)")
    other.close()
    assert watchdog.look([holding]) == []
    assert losses == []


@pytest.mark.parametrize(
    ("lost", "said"),
    [(0, "second SQLite library"), (1, "primary.sqlite3-shm: this process has lost")],
)
def test_a_lock_that_is_not_there_any_more_is_missed(
    holding: Holding, losses: list[Loss], lost: int, said: str
) -> None:
    left = [
        each
        for each in kernel.file_locks()
        if each.inode != holding.inode(("", "-shm")[lost]) or each.pid != os.getpid()
    ]
    (complaint,) = watchdog.look([holding], lambda: left)
    assert said in complaint
    assert [loss.code for loss in losses] == [Exit.UNTIED]


def test_a_lock_that_one_reading_misses_is_not_lost(holding: Holding, losses: list[Loss]) -> None:
    """The kernel hands the list out in pieces; a lock can fall between two of them."""
    readings = iter([[], [], kernel.file_locks(), [], kernel.file_locks()])
    assert watchdog.look([holding], lambda: next(readings)) == []
    assert losses == []


def test_locks_that_were_never_seen_are_not_missed(holding: Holding) -> None:
    holding.sees_its_locks = False
    assert watchdog.look([holding], list) == []


def test_the_first_reason_stays(holding: Holding, losses: list[Loss]) -> None:
    holding.lose("the first", Exit.UNSYNCED)
    holding.lose("the second", Exit.UNTIED)
    assert [loss.sentence for loss in losses] == ["the first"]
    assert holding.trust.exit_code(0) == Exit.UNSYNCED


def test_what_cannot_be_rescued_does_not_keep_the_process_alive(
    holding: Holding, losses: list[Loss], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr("bodega.databases.holdings.rescue", fail)
    holding.lose("the disk is gone", Exit.UNTIED)
    assert len(losses) == 1
