"""A served database is not opened by hand, by nobody Python can see; and COMMIT asks for its lock."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bodega.databases import by_hand
from bodega.databases.by_hand import OpenedByHand
from bodega.databases.exits import Exit
from tests.databases.test_holdings import PREAMBLE


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A file that this process is said to serve from."""
    path = tmp_path / "served.sqlite3"
    path.write_bytes(b"SQLite format 3\0")
    by_hand.forbid(path)
    return path


def test_opening_a_served_file_is_refused_in_every_way(served: Path, tmp_path: Path) -> None:
    with pytest.raises(OpenedByHand, match="closing it would drop"):
        served.read_bytes()
    with pytest.raises(OpenedByHand):
        os.open(served, os.O_RDONLY)
    with pytest.raises(OpenedByHand):
        shutil.copyfile(served, tmp_path / "copy")
    with pytest.raises(OpenedByHand):
        os.open(os.fsencode(served), os.O_RDONLY)
    by_hand.permit(served)
    assert served.read_bytes()


def test_another_file_of_that_name_and_a_missing_one_may_be_opened(
    served: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / served.name
    other.parent.mkdir()
    with pytest.raises(FileNotFoundError):
        other.read_bytes()
    other.write_bytes(b"")
    assert other.read_bytes() == b""


def test_a_link_to_a_served_file_is_seen_through(served: Path) -> None:
    (served.parent / "folder").mkdir()
    alias = served.parent / "folder" / served.name
    alias.symlink_to(served)
    with pytest.raises(OpenedByHand):
        alias.read_bytes()


VICTIM = (
    PREAMBLE
    + """
import ctypes
from bodega.databases.durability import write
libc = ctypes.CDLL(None)
sql("CREATE TABLE t (a INTEGER)")
with write("primary"):
    sql("INSERT INTO t VALUES (1)")
    FAULT
print("acknowledged", flush=True)
"""
)


def committed(volume: Path, fault: str) -> "subprocess.CompletedProcess[str]":
    code = VICTIM.replace("FAULT", fault)
    return subprocess.run(
        [sys.executable, "-c", code, str(volume)], capture_output=True, text=True, timeout=60
    )


@pytest.mark.process
def test_a_process_that_lost_its_write_lock_does_not_commit(volume: Path) -> None:
    done = committed(volume, "libc.close(libc.open(bytes(path) + b'-shm', 0))")
    assert "acknowledged\n" not in done.stdout
    assert "has lost its write lock inside a transaction" in done.stderr
    assert done.returncode in (Exit.UNTIED, 1)


@pytest.mark.process
def test_a_process_that_has_its_write_lock_commits(volume: Path) -> None:
    done = committed(volume, "pass")
    assert done.stdout == "acknowledged\n", done.stderr
