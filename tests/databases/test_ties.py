"""Is a name still the file that was opened? And one look at a directory that answers for all names."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bodega.databases import ties
from bodega.databases.ties import Calm, Tie
from tests.waiting import until


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "volume" / "primary.sqlite3"
    path.parent.mkdir()
    path.write_bytes(b"1")
    return path


def test_a_file_that_is_in_its_place_is_no_complaint(file: Path) -> None:
    tie = Tie.of(file)
    file.write_bytes(b"2")
    assert tie.complaint(file) == ""


def test_a_deleted_and_a_replaced_file_are_told_apart(file: Path) -> None:
    tie = Tie.of(file)
    other = file.with_name("other")
    other.write_bytes(b"3")
    other.replace(file)
    assert "was replaced" in tie.complaint(file)
    file.unlink()
    assert "was deleted" in tie.complaint(file)


TICK = 20_000_000  # of any file system that tests run on, in ns


def calm_at(directory: Path) -> Calm:
    """A Calm that has kept its look: its clock is ahead, so that this takes a tick, not seconds."""
    calm = Calm(directory, clock=lambda: time.time_ns() + ties.SETTLED_NS - TICK)

    def keeps() -> bool:
        calm.keep(calm.look())
        return calm.is_as_seen(calm.look())

    until(keeps)
    return calm


CHANGES: dict[str, Callable[[Path], object]] = {
    "deleted": lambda file: file.unlink(),
    "renamed": lambda file: file.rename(file.with_name("elsewhere")),
    "replaced": lambda file: copy_of(file).replace(file),
    "joined by another": lambda file: file.with_name("another").touch(),
    "moved away with its directory": lambda file: file.parent.rename(file.parent.with_name("away")),
}


def copy_of(file: Path) -> Path:
    copy = file.parents[1] / "copy"
    copy.write_bytes(file.read_bytes())
    return copy


@pytest.mark.parametrize("how", CHANGES)
def test_a_directory_is_not_calm_once_a_name_was(file: Path, how: str) -> None:
    calm = calm_at(file.parent)
    CHANGES[how](file)
    assert not calm.is_as_seen(calm.look())


def test_a_directory_whose_mtime_was_set_back_is_not_calm(file: Path) -> None:
    calm = calm_at(file.parent)
    before = file.parent.stat()
    file.unlink()
    os.utime(file.parent, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not calm.is_as_seen(calm.look())


def test_writing_to_a_file_leaves_its_directory_calm(file: Path) -> None:
    calm = calm_at(file.parent)
    file.write_bytes(b"more")
    assert calm.is_as_seen(calm.look())


def test_a_look_at_a_fresh_change_is_not_kept(file: Path) -> None:
    now = [file.parent.stat().st_ctime_ns + ties.SETTLED_NS]
    calm = Calm(file.parent, clock=lambda: now[0])
    calm.keep(calm.look())
    assert not calm.is_as_seen(calm.look())
    now[0] += 1
    calm.keep(calm.look())
    assert calm.is_as_seen(calm.look())


def test_a_directory_that_is_gone_is_not_calm(file: Path) -> None:
    calm = Calm(file.parent / "missing")
    calm.keep(calm.look())
    assert not calm.is_as_seen(calm.look())
