"""A full disk under the real shop: 503 with a sentence, nothing acknowledged is lost, then on again.

The volume is a small tmpfs of its own, so this needs root (for mount); CI is root.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.running import Bank, Shop, bodega, stored
from tests.waiting import until

MEGABYTES = 64

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root"),
]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A directory on a file system of its own, of 64 MB."""
    directory = tmp_path / "small"
    directory.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs"]
    subprocess.run(["mount", *options, str(directory)], check=True)
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


@pytest.fixture
def volume(small: Path, template: Path) -> Path:
    return Path(shutil.copytree(template, small / "shop"))


@pytest.fixture
def shop(volume: Path, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(volume, tmp_path / "up.log").opened()
    yield shop
    shop.stop()


@pytest.fixture
def bank(shop: Shop) -> Bank:
    return Bank(shop)


def fill(volume: Path) -> Path:
    """Take every byte that is left."""
    filler = volume.parent / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


def remount(where: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(where)], check=True)


def test_a_full_disk_is_a_503_and_passes(volume: Path, shop: Shop, bank: Bank) -> None:
    assert [bank.tell(number) for number in range(20)] == [200] * 20
    filler = fill(volume)
    assert {bank.tell(number) for number in range(20, 100)} <= {200, 503}  # what still fits, fits
    assert bank.was_refused_with_a_sentence()
    assert shop.client.get("/up").status_code == 200  # it can be read: no reason to kill it
    filler.unlink()
    until(lambda: bank.tell(1000 + len(bank.refusals)) == 200)
    assert bank.tell(20) == 200  # the bank repeats what was refused
    assert shop.stop() == 0
    assert stored(volume) >= bank.acknowledged
    assert "the disk is full" in shop.said
    assert "starting it again" not in shop.said


def test_before_the_disk_is_full_writes_are_refused_and_the_rest_is_kept_for_clearing_up(
    volume: Path, shop: Shop
) -> None:
    assert shop.tell(1).status_code == 200
    filler = fill(volume)
    os.truncate(filler, filler.stat().st_size - (MEGABYTES << 20) // 100)  # half of the floor
    until(lambda: "nothing new is written" in shop.said)
    assert shop.tell(2).status_code == 503
    filler.unlink()
    assert shop.tell(2).status_code == 200  # at once
    assert shop.stop() == 0
    assert stored(volume) == {"evt_1", "evt_2"}


def test_a_read_only_volume_is_refused_with_a_sentence(
    volume: Path, small: Path, tmp_path: Path
) -> None:
    remount(small, "ro")
    done = bodega(volume, "up", "--port", "0")
    assert done.returncode > 0
    assert "read-only" in done.stderr.lower()
    remount(small, "rw")
    again = Shop(volume, tmp_path / "again.log").opened()
    assert again.tell(1).status_code == 200
    assert again.stop() == 0
