"""The descriptor on the `-wal`: what happened to the file is told, and syncing it goes through one."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bodega.databases.wal_file import WAL_BEGINNINGS, WalFile


def a_wal(tmp_path: Path) -> WalFile:
    (tmp_path / "primary.sqlite3-wal").write_bytes(WAL_BEGINNINGS[1] + bytes(28))
    wal = WalFile(tmp_path / "primary.sqlite3-wal")
    wal.open()
    return wal


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.rename(path)


def move_away_and_copy_back(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))
    shutil.copytree(path.parent.with_name("elsewhere"), path.parent)


FAULTS: dict[str, Callable[[Path], object]] = {
    "was deleted": Path.unlink,
    "was replaced": replace,
    "was replaced by another file": move_away_and_copy_back,
    "was cut": lambda path: path.write_bytes(b"no log"),
}


@pytest.mark.parametrize("has_proc", [True, False], ids=["by its name", "without /proc"])
@pytest.mark.parametrize("said", FAULTS)
def test_what_happened_to_the_wal_is_told(
    tmp_path: Path, said: str, has_proc: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_proc:
        monkeypatch.setattr(WalFile, "_name_now", lambda wal: "")
    (tmp_path / "volume").mkdir()
    wal = a_wal(tmp_path / "volume")
    assert wal.complaint() == ""
    FAULTS[said](wal.path)
    assert said in wal.complaint()
    wal.close()


def test_a_volume_that_is_only_renamed_and_reached_by_its_old_name_is_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "volume").mkdir()
    wal = a_wal(tmp_path / "volume")
    (tmp_path / "volume").rename(tmp_path / "elsewhere")
    (tmp_path / "volume").symlink_to(tmp_path / "elsewhere")
    assert wal.complaint() == ""
    wal.close()


def test_asking_about_the_wal_leaves_its_times_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wal = a_wal(tmp_path)
    asked = []
    monkeypatch.setattr(os, "stat", lambda path, **_: asked.append(path))
    assert wal.complaint() == ""
    assert asked == []
    wal.close()


def test_the_wal_is_synced_through_one_descriptor_for_life(tmp_path: Path) -> None:
    path = tmp_path / "primary.sqlite3-wal"
    path.write_bytes(b"frames")
    synced: list[int] = []
    wal = WalFile(path, synced.append)
    wal.sync()
    wal.sync()
    assert len(set(synced)) == 1
    assert os.fstat(synced[0]).st_ino == path.stat().st_ino
    wal.close()


def test_the_name_of_the_wal_is_made_durable_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directories: list[Path] = []
    monkeypatch.setattr("bodega.databases.wal_file.sync_directory", directories.append)
    path = tmp_path / "x-wal"
    path.touch()
    wal = WalFile(path)
    wal.sync()
    wal.sync()
    assert directories == [tmp_path]
    wal.close()
