"""Locks and shared memory between processes: they work here, and it is noticed when they do not."""

import fcntl
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bodega.databases import selftest
from bodega.databases.selftest import OFD_GETLK, SelfTest, is_locked


def test_a_local_disk_passes_and_nothing_stays_behind(tmp_path: Path) -> None:
    assert SelfTest(tmp_path).complaints() == []
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SelfTest(tmp_path / "missing")


def seen_only(*commands: int) -> Callable[[int, int, int], bool]:
    def look(descriptor: int, byte: int, command: int = fcntl.F_GETLK) -> bool:
        return command in commands and is_locked(descriptor, byte, command)

    return look


def test_a_kind_of_lock_that_is_not_seen_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "is_locked", seen_only(fcntl.F_GETLK))
    assert SelfTest(tmp_path).complaints() == [
        "a lock of another process's open file (OFD) is not seen"
    ]
    monkeypatch.setattr(selftest, "is_locked", seen_only(OFD_GETLK))
    assert SelfTest(tmp_path).complaints() == ["a POSIX lock of another process is not seen"]


def test_locks_that_outlive_their_process_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "is_locked", lambda *_: True)
    assert SelfTest(tmp_path).complaints() == [
        "the lock of a process that has ended is still there"
    ]


def test_memory_that_is_not_shared_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = mmap.mmap

    def private(_descriptor: int, length: int, **_: Any) -> mmap.mmap:
        return real(-1, length)

    monkeypatch.setattr("bodega.databases.selftest.mmap.mmap", private)
    assert SelfTest(tmp_path).complaints() == [
        "shared memory (MAP_SHARED) is not shared between processes",
        "a mapped file does not show what another process writes to it",
    ]


def test_a_child_that_cannot_even_begin_is_a_complaint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "CHILD", "raise SystemExit(1)")
    assert SelfTest(tmp_path).complaints() == ["a child process could not lock and map a file here"]
