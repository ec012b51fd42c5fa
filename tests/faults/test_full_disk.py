"""A full disk under the real server: 503 with a sentence, nothing acknowledged is lost, then on again.

The volume is a small tmpfs of its own, so this needs root (for mount); CI is root.
"""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bodega.payments.signatures import sign
from tests.waiting import until

SECRET = "whsec_of_this_test"
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


def environment(volume: Path) -> dict[str, str]:
    return {
        **os.environ,
        "BODEGA_MODE": "demo",
        "BODEGA_VOLUME": str(volume),
        "BODEGA_FAKESTRIPE_URL": "http://127.0.0.1:9",
        "STRIPE_WEBHOOK_SECRET": SECRET,
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new shop, which takes its time; every test copies it."""
    directory = tmp_path_factory.mktemp("template") / "shop"
    for words in (["init"], ["manage", "collectstatic", "--noinput"]):
        subprocess.run(
            [sys.executable, "-m", "bodega", *words],
            env=environment(directory),
            check=True,
            capture_output=True,
        )
    return directory


@pytest.fixture
def volume(small: Path, template: Path) -> Path:
    return Path(shutil.copytree(template, small / "shop"))


class Shop:
    """A real `bodega web` on the volume."""

    def __init__(self, volume: Path) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.log = volume.parent.parent / "web.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bodega", "web", "--fd", str(self.listener.fileno())],
                env=environment(volume),
                pass_fds=[self.listener.fileno()],
                stdout=log,
                stderr=log,
            )
        self.client = httpx.Client(base_url=self.address, timeout=30)

    def stop(self) -> int:
        self.client.close()
        self.process.terminate()
        self.listener.close()
        return self.process.wait(20)

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.client.get("/up").status_code == 200
        except httpx.TransportError:
            return False

    def tell(self, number: int) -> httpx.Response:
        """An event of the bank, some kilobytes long."""
        event = {
            "id": f"evt_{number}",
            "type": "checkout.session.completed",
            "livemode": False,
            "data": {"object": {"id": f"cs_{number}", "padding": "x" * 8000}},
        }
        body, now = json.dumps(event).encode(), int(time.time())
        header = f"t={now},v1={sign(body, SECRET, now).decode()}"
        return self.client.post(
            "/payments/webhook/", content=body, headers={"Stripe-Signature": header}
        )


@pytest.fixture
def shop(volume: Path) -> Iterator[Shop]:
    shop = Shop(volume)
    until(shop.is_up, 30)
    yield shop
    if shop.process.poll() is None:
        shop.stop()


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


def stored(volume: Path) -> set[str]:
    connection = sqlite3.connect(volume / "primary.sqlite3")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {
            name for (name,) in connection.execute("SELECT event_id FROM payments_webhookevent")
        }
    finally:
        connection.close()


def test_a_full_disk_is_a_503_and_passes(volume: Path, shop: Shop) -> None:
    acknowledged: set[str] = set()
    refusals: list[httpx.Response] = []

    def tell(number: int) -> int:
        answer = shop.tell(number)
        if answer.status_code == 200:
            acknowledged.add(f"evt_{number}")
        else:
            refusals.append(answer)
        return answer.status_code

    assert [tell(number) for number in range(20)] == [200] * 20
    filler = fill(volume)
    assert {tell(number) for number in range(20, 100)} <= {200, 503}  # what still fits, fits
    assert {answer.status_code for answer in refusals} == {503}
    assert refusals[-1].headers["Retry-After"]
    assert "try again" in refusals[-1].text.lower()
    assert shop.client.get("/up").status_code == 200  # it can be read: no reason to kill it
    filler.unlink()
    until(lambda: tell(1000 + len(refusals)) == 200)
    assert tell(20) == 200  # the bank repeats what was refused
    assert shop.stop() == 0
    assert stored(volume) >= acknowledged
    assert "the disk is full" in shop.log.read_text()


def test_before_the_disk_is_full_writes_are_refused_and_the_rest_is_kept_for_clearing_up(
    volume: Path, shop: Shop
) -> None:
    assert shop.tell(1).status_code == 200
    filler = fill(volume)
    os.truncate(filler, filler.stat().st_size - (MEGABYTES << 20) // 100)  # half of the floor
    until(lambda: "nothing new is written" in shop.log.read_text())
    assert shop.tell(2).status_code == 503
    filler.unlink()
    assert shop.tell(2).status_code == 200  # at once
    assert shop.stop() == 0
    assert stored(volume) == {"evt_1", "evt_2"}


def test_a_read_only_volume_is_refused_with_a_sentence(volume: Path, small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    shop = Shop(volume)
    assert shop.process.wait(30) != 0
    shop.client.close()
    shop.listener.close()
    told = shop.log.read_text().lower()
    assert "read-only" in told or "readonly" in told
    subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True)
    again = Shop(volume)
    until(again.is_up, 30)
    assert again.tell(1).status_code == 200
    assert again.stop() == 0
