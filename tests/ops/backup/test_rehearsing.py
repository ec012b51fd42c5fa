import json
from pathlib import Path

import pytest

from bodega.ops.backup import packing
from bodega.ops.backup.making import SCRATCH, Source, make
from bodega.ops.backup.rehearsing import BackupDamaged, rehearse
from bodega.ops.backup.rotation import Keep
from bodega.ops.backup.shelf import Shelf
from bodega.ops.backup.stores import StoreError


@pytest.fixture
def name(source: Source, shelf: Shelf) -> str:
    return make(source, shelf, Keep()).name


def change_manifest(shelf: Shelf, name: str, old: str, new: str) -> None:
    path = Path(shelf.store.where) / shelf.key(name, "manifest.json")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_rehearsal_restores_the_newest_and_compares_it(
    shop: Path, shelf: Shelf, name: str
) -> None:
    done = rehearse(shop, shelf)
    assert done.manifest.name == name
    assert done.rows == 40 + 40 + 3
    assert done.sums == 8
    assert not (shop / SCRATCH).exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"orders_order": 40', '"orders_order": 41', "rows of orders_order: 41, in the copy 40"),
        (
            '"orders_order.total": 100000',
            '"orders_order.total": 100001',
            "sum of orders_order.total: 100001, in the copy 100000",
        ),
        ('"path": "volume.json"', '"path": "../../evil"', "names a file outside"),
    ],
)
def test_what_differs_from_the_manifest_is_named(
    shop: Path, shelf: Shelf, name: str, old: str, new: str, told: str
) -> None:
    change_manifest(shelf, name, old, new)
    with pytest.raises(BackupDamaged, match=told):
        rehearse(shop, shelf)


def test_a_picture_of_other_bytes_is_found(shop: Path, shelf: Shelf, name: str) -> None:
    key = sorted(shelf.media())[0]
    (Path(shelf.store.where) / key).write_bytes(b"rot")
    with pytest.raises(BackupDamaged, match="has 3 bytes with SHA-256"):
        rehearse(shop, shelf)


def test_a_file_that_is_cut_short_is_found(shop: Path, shelf: Shelf, name: str) -> None:
    packed = Path(shelf.store.where) / shelf.key(name, "queue.sqlite3.gz")
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(BackupDamaged, match="cannot be decompressed"):
        rehearse(shop, shelf)


def test_a_missing_file_is_named(shop: Path, shelf: Shelf, name: str) -> None:
    (Path(shelf.store.where) / shelf.key(name, "queue.sqlite3.gz")).unlink()
    with pytest.raises(StoreError, match=r"queue\.sqlite3\.gz is not there"):
        rehearse(shop, shelf)


def test_a_manifest_of_the_future_is_refused(shop: Path, shelf: Shelf, name: str) -> None:
    path = Path(shelf.store.where) / shelf.key(name, "manifest.json")
    path.write_text(json.dumps({"format": 2}))
    with pytest.raises(StoreError, match="use a newer bodega"):
        rehearse(shop, shelf)


def test_without_a_backup_it_says_how_to_make_one(shop: Path, shelf: Shelf) -> None:
    with pytest.raises(StoreError, match="Make one: bodega backup"):
        rehearse(shop, shelf)


def test_without_room_it_refuses(
    shop: Path, shelf: Shelf, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "free_bytes", lambda _: 1_000_000)
    with pytest.raises(StoreError, match="Make room first"):
        rehearse(shop, shelf)
