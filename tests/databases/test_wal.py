"""Reading a log: what SQLite wrote, and where damage ends it."""

import sqlite3
from pathlib import Path

import pytest

from bodega.databases import wal


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of six commits: one table, five rows."""
    connection = sqlite3.connect(tmp_path / "x.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=wal").fetchall()
    connection.execute("CREATE TABLE t (a)")
    for number in range(5):
        connection.execute("INSERT INTO t VALUES (?)", (f"row {number}",))
    copy = tmp_path / "copy-wal"
    copy.write_bytes((tmp_path / "x.sqlite3-wal").read_bytes())
    connection.close()
    return copy


def test_every_commit_is_found(log: Path) -> None:
    read = wal.read(log)
    assert (read.commits, read.page_size, read.stopped) == (6, 4096, "the file ends")
    assert read.frames == (log.stat().st_size - 32) // (24 + 4096)
    assert read.pages == 2


def test_a_damaged_page_ends_it_at_the_commit_before(log: Path) -> None:
    content = bytearray(log.read_bytes())
    content[-100] ^= 1
    log.write_bytes(content)
    read = wal.read(log)
    assert read.commits == 5
    assert read.stopped.endswith("its checksum is wrong")


def test_half_a_frame_at_the_end_is_no_commit(log: Path) -> None:
    log.write_bytes(log.read_bytes()[:-1000])
    assert wal.read(log).commits == 5


def test_frames_from_before_a_restart_do_not_count(log: Path) -> None:
    content = bytearray(log.read_bytes())
    at = 32 + 3 * (24 + 4096) + 8  # the salts of the fourth frame
    content[at : at + 8] = b"\1" * 8
    log.write_bytes(content)
    read = wal.read(log)
    assert "before the log began again" in read.stopped
    assert read.frames <= 3


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"", "shorter"), (b"x" * 100, "does not begin"), (None, "checksum of its header")],
)
def test_what_is_no_log_is_said(log: Path, content: bytes | None, complaint: str) -> None:
    whole = log.read_bytes()
    log.write_bytes(whole[:12] + b"\7" + whole[13:] if content is None else content)
    with pytest.raises(wal.NotALog, match=complaint):
        wal.read(log)
