import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bodega.databases.volume import VolumeError, create_volume, read_identity, secret_key

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_new_volume_has_an_identity_and_a_secret_nobody_else_may_read(tmp_path: Path) -> None:
    made = create_volume(tmp_path / "shop", "Prints", NOW)
    assert read_identity(tmp_path / "shop") == made
    assert made.shop == "Prints"
    assert made.created == "2026-01-02T03:04:05+00:00"
    assert (tmp_path / "shop" / "secret.key").stat().st_mode & 0o077 == 0
    assert len(secret_key(tmp_path / "shop") or "") > 40


def test_making_it_again_keeps_identity_and_secret(tmp_path: Path) -> None:
    first = create_volume(tmp_path, "Prints")
    secret = secret_key(tmp_path)
    assert create_volume(tmp_path, "Other") == first
    assert secret_key(tmp_path) == secret


def test_two_volumes_are_never_the_same(tmp_path: Path) -> None:
    assert create_volume(tmp_path / "a", "x").id != create_volume(tmp_path / "b", "x").id
    assert secret_key(tmp_path / "a") != secret_key(tmp_path / "b")


def test_a_directory_without_identity_is_no_volume(tmp_path: Path) -> None:
    assert secret_key(tmp_path) is None
    with pytest.raises(VolumeError, match="Is it mounted"):
        read_identity(tmp_path)


def test_databases_without_identity_are_not_adopted(tmp_path: Path) -> None:
    (tmp_path / "primary.sqlite3").touch()
    with pytest.raises(VolumeError, match="a piece of another volume"):
        create_volume(tmp_path, "x")
    assert os.listdir(tmp_path) == ["primary.sqlite3"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"id": 1}'])
def test_a_damaged_identity_is_said_and_not_replaced(tmp_path: Path, damage: str) -> None:
    create_volume(tmp_path, "x")
    (tmp_path / "volume.json").write_text(damage)
    with pytest.raises(VolumeError, match="Restore it from a backup"):
        read_identity(tmp_path)
    assert (tmp_path / "volume.json").read_text() == damage


def test_a_place_that_is_no_directory_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VolumeError, match="cannot be made a volume"):
        create_volume(tmp_path / "file" / "shop", "x")
