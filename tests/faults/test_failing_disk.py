"""A disk that fails: ext4 turns itself read-only under the shop, with every file open.

Nobody else can do that: `mount -o remount,ro` is refused as long as files are open for writing. After
an error the file system stays read-only until it was checked and mounted again; then the shop is
started again. Needs root and a loop device; CI has both.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.running import Bank, Shop, bodega, stored
from tests.waiting import until

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root"),
]


@dataclass
class Disk:
    """An ext4 file system of 96 MB in a file."""

    image: Path
    directory: Path

    def mount(self) -> None:
        words = ["mount", "-o", "loop,errors=remount-ro", str(self.image), str(self.directory)]
        subprocess.run(words, check=True)

    def fail(self) -> None:
        """Let the kernel find an error; it has a switch for tests like this one."""
        told = subprocess.run(
            ["findmnt", "-no", "SOURCE", self.directory], check=True, capture_output=True, text=True
        )
        device = Path(told.stdout.strip()).name
        Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("a test\n")

    def repair(self) -> None:
        """What an operator does: check it, mount it again."""
        self.unmount()
        # 1: errors were found and corrected (e2fsck(8)).
        done = subprocess.run(["e2fsck", "-fy", self.image], capture_output=True, check=False)
        assert done.returncode in {0, 1}, done.stdout
        self.mount()

    def unmount(self) -> None:
        subprocess.run(["umount", self.directory], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "image", tmp_path / "mounted")
    with disk.image.open("wb") as file:
        file.truncate(96 << 20)
    disk.directory.mkdir()
    subprocess.run(["mkfs.ext4", "-q", "-F", disk.image], check=True)
    try:
        disk.mount()
    except subprocess.CalledProcessError:
        pytest.skip("this machine has no loop device")
    yield disk
    subprocess.run(["umount", "--lazy", disk.directory], check=True)


@pytest.fixture
def opened() -> Iterator[Callable[[Path, Path], Shop]]:
    """Open a shop; all are closed in the end."""
    shops: list[Shop] = []

    def opened(volume: Path, log: Path) -> Shop:
        shops.append(Shop(volume, log))
        return shops[-1].opened()

    yield opened
    for shop in shops:
        shop.stop()


def test_a_disk_that_turns_read_only_is_a_503_and_a_start_after_its_repair_has_everything(
    disk: Disk, template: Path, tmp_path: Path, opened: Callable[[Path, Path], Shop]
) -> None:
    volume = Path(shutil.copytree(template, disk.directory / "shop"))
    subprocess.run(["sync", "-f", volume], check=True)  # a copy is nobody's promise
    shop = opened(volume, tmp_path / "up.log")
    bank = Bank(shop)
    assert [bank.tell(number) for number in range(10)] == [200] * 10

    disk.fail()
    assert [bank.tell(number) for number in range(10, 30)] == [503] * 20
    assert bank.was_refused_with_a_sentence()
    assert "the volume is read-only" in shop.said or "acknowledges nothing any more" in shop.said
    told = bodega(volume, "doctor", "volume")
    assert told.returncode == 2
    assert "is read-only" in told.stdout
    assert shop.process.poll() is None  # it says so to whoever asks, until somebody comes
    shop.stop()

    disk.repair()
    again = opened(volume, tmp_path / "again.log")
    assert again.tell(10).status_code == 200
    assert again.stop() == 0
    assert stored(volume) >= bank.acknowledged | {"evt_10"}


def test_a_web_process_that_has_to_start_on_such_a_disk_says_so_instead_of_nothing(
    disk: Disk, template: Path, tmp_path: Path, opened: Callable[[Path, Path], Shop]
) -> None:
    volume = Path(shutil.copytree(template, disk.directory / "shop"))
    subprocess.run(["sync", "-f", volume], check=True)
    shop = opened(volume, tmp_path / "up.log")
    bank = Bank(shop)
    assert bank.tell(0) == 200

    disk.fail()
    (web,) = processes(shop.process.pid, "web")
    os.kill(web, signal.SIGKILL)
    until(lambda: processes(shop.process.pid, "web") not in ([], [web]), 60)
    shop.forget_connections()
    assert [bank.tell(number) for number in range(1, 5)] == [503] * 4
    assert bank.was_refused_with_a_sentence()


def processes(parent: int, verb: str) -> list[int]:
    """The ids of what does so below a supervisor."""
    found = []
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        try:
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            found += [int(child)] * (verb.encode() in words) + processes(int(child), verb)
        except FileNotFoundError:  # it ended while we looked
            continue
    return found
