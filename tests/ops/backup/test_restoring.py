import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bodega.databases.leases import Lease
from bodega.databases.opening import open_file
from bodega.databases.volume import VolumeError, create_volume, read_identity
from bodega.ops.backup import restoring
from bodega.ops.backup.making import Source, make
from bodega.ops.backup.rehearsing import BackupDamaged
from bodega.ops.backup.restoring import CannotRestore, restore
from bodega.ops.backup.rotation import Keep
from bodega.ops.backup.shelf import Shelf
from tests.ops.backup.conftest import sell
from tests.ops.backup.processes import process_that_has_open

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def orders(volume: Path) -> int:
    connection = open_file("primary", volume)
    (count,) = connection.execute("SELECT count(*) FROM orders_order").fetchone()
    connection.close()
    return int(count)


@pytest.fixture
def name(source: Source, shelf: Shelf) -> str:
    """A backup with 40 orders; three more came after it."""
    made = make(source, shelf, Keep())
    connection = open_file("primary", source.volume)
    sell(connection, 3)
    connection.close()
    return made.name


def test_the_volume_is_what_the_backup_says_and_the_former_is_kept(
    shop: Path, shelf: Shelf, name: str
) -> None:
    done = restore(shop, shelf, name, now=NOW)
    assert orders(shop) == 40
    assert done.kept == shop.with_name("volume.replaced-20261125T120000Z")
    assert orders(done.kept) == 43
    assert (shop / "media" / "pictures" / "a.webp").read_bytes() == b"dunes"
    assert not list(shop.parent.glob(".restoring-*"))


def test_a_stale_wal_is_not_applied_to_the_restored_file(
    shop: Path, shelf: Shelf, name: str
) -> None:
    (shop / "primary.sqlite3-wal").write_bytes(b"stale" * 1000)
    restore(shop, shelf, name, now=NOW)
    assert not (shop / "primary.sqlite3-wal").exists()
    assert orders(shop) == 40


def test_a_new_machine_gets_a_volume_with_folders_and_a_new_secret(
    shop: Path, shelf: Shelf, name: str, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "new" / "shop"
    done = restore(elsewhere, shelf, name, now=NOW)
    assert done.kept is None
    assert done.has_new_secret
    assert read_identity(elsewhere) == read_identity(shop)
    assert (elsewhere / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (elsewhere / "locks").is_dir()
    assert orders(elsewhere) == 40


def test_secret_and_journal_of_the_volume_that_is_there_are_kept(
    shop: Path, shelf: Shelf, name: str
) -> None:
    (shop / "journal").mkdir(exist_ok=True)
    (shop / "journal" / "orders-000000000001.jsonl").write_text("later than the backup\n")
    secret = (shop / "secret.key").read_bytes()
    done = restore(shop, shelf, name, now=NOW)
    assert not done.has_new_secret
    assert (shop / "secret.key").read_bytes() == secret
    journal = shop / "journal" / "orders-000000000001.jsonl"
    assert journal.read_text() == "later than the backup\n"


def test_a_running_shop_is_left_alone(shop: Path, shelf: Shelf, name: str) -> None:
    with (
        process_that_has_open(shop) as pid,
        pytest.raises(CannotRestore, match=rf"primary\.sqlite3 is in use by process {pid} "),
    ):
        restore(shop, shelf, name, now=NOW)
    assert orders(shop) == 43
    restore(shop, shelf, name, now=NOW)
    assert orders(shop) == 40


def test_a_lease_is_a_sign_of_life_too(shop: Path, shelf: Shelf, name: str) -> None:
    with (
        Lease("relay", shop),
        pytest.raises(CannotRestore, match="somebody holds the lease 'relay'"),
    ):
        restore(shop, shelf, name, now=NOW)


def test_a_shop_that_starts_meanwhile_is_noticed_before_the_exchange(
    shop: Path, shelf: Shelf, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = Lease("scheduler", shop)
    monkeypatch.setattr(restoring, "complete", lambda *_: lease.acquire())
    with pytest.raises(CannotRestore, match="scheduler"):
        restore(shop, shelf, name, now=NOW)
    lease.release()
    assert orders(shop) == 43


def test_another_shops_directory_is_refused(shelf: Shelf, name: str, tmp_path: Path) -> None:
    create_volume(tmp_path / "other", shop="Other")
    with pytest.raises(CannotRestore, match="is another volume \\(Other"):
        restore(tmp_path / "other", shelf, name, now=NOW)


def test_a_damaged_backup_changes_nothing(shop: Path, shelf: Shelf, name: str) -> None:
    packed = Path(shelf.store.where) / shelf.key(name, "primary.sqlite3.gz")
    content = bytearray(packed.read_bytes())
    content[len(content) // 2] ^= 0xFF
    packed.write_bytes(bytes(content))
    with pytest.raises(BackupDamaged, match=r"primary\.sqlite3"):
        restore(shop, shelf, name, now=NOW)
    assert orders(shop) == 43
    assert not list(shop.parent.glob(".restoring-*"))


def test_without_an_exchange_in_the_kernel_two_renames_do(
    shop: Path, shelf: Shelf, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "swap", lambda *_: False)
    done = restore(shop, shelf, name, now=NOW)
    assert done.kept
    assert (orders(shop), orders(done.kept)) == (40, 43)


def test_a_mounted_volume_is_exchanged_from_within(
    shop: Path, shelf: Shelf, name: str, tmp_path: Path
) -> None:
    assert os.geteuid() == 0, "mounting needs root"
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "none", str(mounted)], check=True)
    try:
        subprocess.run(["cp", "-a", f"{shop}/.", str(mounted)], check=True)
        done = restore(mounted, shelf, name, now=NOW)
        assert done.kept == mounted / "replaced-20261125T120000Z"
        assert (orders(mounted), orders(done.kept)) == (40, 43)
        again = restore(mounted, shelf, name, now=NOW.replace(hour=13))
        assert again.kept
        assert not (again.kept / "replaced-20261125T120000Z").exists()
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def test_half_way_through_a_mounted_volume_nobody_takes_it_for_a_shop(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = tmp_path / "fresh"
    create_volume(fresh, shop="restored")
    real = os.rename

    def die(source: Path, target: Path) -> None:
        if Path(source).parent == fresh and Path(source).name == "media":
            raise OSError(5, "power cut")
        real(source, target)

    monkeypatch.setattr(os, "rename", die)
    with pytest.raises(OSError, match="power cut"):
        restoring.move_in(fresh, shop, "20261125T120000Z")
    with pytest.raises(VolumeError, match="is not a volume"):
        read_identity(shop)
