"""`bodega backup && bodega backup --rehearse` beside a shop in which people buy."""

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from bodega.ops import smoke
from tests.processes.conftest import RunningShop
from tests.waiting import until

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.xdist_group("running shop"),
]

BUYERS, HANDS = 2, 4
RECEIVE = """
from bodega.catalog import stock
from bodega.catalog.models import Movement, Stock
from bodega.lib.clock import utc_now
for each in Stock.objects.all():
    stock.adjust(each.pk, 1000, Movement.Reason.RECEIVED, actor="ada", now=utc_now())
"""


@dataclass
class Crowd:
    """Buyers who go all the way, and hands that put something into a new cart as fast as they can."""

    url: str
    paid: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)  # of each write
    refused: list[int] = field(default_factory=list)
    goes_home: threading.Event = field(default_factory=threading.Event)

    def buy(self) -> None:
        while not self.goes_home.is_set():
            self.paid.append(smoke.buy_one_print(self.url))

    def put_into_carts(self) -> None:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        headers = {"Origin": self.url, "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({"variant": 1, "quantity": 1})
        while not self.goes_home.is_set():
            began = time.monotonic()
            connection.request("POST", "/cart/lines/", body, headers)
            answer = connection.getresponse()
            answer.read()
            self.seconds.append(time.monotonic() - began)
            if answer.status != 303:
                self.refused.append(answer.status)
        connection.close()


@contextmanager
def crowd(url: str) -> Iterator[Crowd]:
    """They come, and go when the block is left. Raises what went wrong for any of them."""
    people = Crowd(url)
    work: list[Callable[[], None]] = [people.buy] * BUYERS + [people.put_into_carts] * HANDS
    with ThreadPoolExecutor(len(work)) as pool:
        futures: list[Future[None]] = [pool.submit(each) for each in work]
        try:
            yield people
        finally:
            people.goes_home.set()
    for future in futures:
        future.result()


def told(volume: Path, *words: str) -> dict[str, Any]:
    """Run a verb with --json; what it says."""
    said: dict[str, Any] = json.loads(bodega(volume, *words, "--json"))
    return said


def bodega(volume: Path, *words: str) -> str:
    """Run a verb; what it prints."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("BODEGA", "DJANGO"))}
    environment = {**inherited, "BODEGA_VOLUME": str(volume), "BODEGA_MODE": "demo"}
    done = subprocess.run(
        [sys.executable, "-m", "bodega", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def orders(volume: Path) -> dict[str, str]:
    """The orders of a volume that nobody serves: number and status."""
    connection = sqlite3.connect(volume / "primary.sqlite3")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return dict(connection.execute("SELECT number, status FROM orders_order").fetchall())
    finally:
        connection.close()


def test_a_backup_and_its_rehearsal_beside_a_shop_under_load(
    running_shop: RunningShop, tmp_path: Path
) -> None:
    place = str(tmp_path / "backups")
    bodega(running_shop.volume, "manage", "shell", "--no-imports", "-c", RECEIVE)
    with crowd(running_shop.url) as people:
        until(lambda: people.paid, 60)
        before = list(people.paid)
        writes_before = len(people.seconds)
        made = told(running_shop.volume, "backup", place)
        writes_after = len(people.seconds)
        rehearsed = told(running_shop.volume, "backup", "--rehearse", place)
    assert made["is_good"]
    assert made["complaints"] == []
    assert rehearsed["is_good"]
    assert rehearsed["name"] == made["name"]
    assert people.refused == []
    assert writes_after > writes_before + 10  # there was a load

    restored = tmp_path / "restored"
    told(restored, "restore", place, "--volume", str(restored))
    found = orders(restored)
    assert {found.get(number) for number in before} == {"paid"}
    late = set(people.paid) - set(found)
    assert late  # the control: who came after the copy is not in it
