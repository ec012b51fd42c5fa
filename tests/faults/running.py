"""A real shop (`bodega up`: web and worker) to which things are done."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx

from bodega.payments.signatures import sign
from tests.waiting import until

SECRET = "whsec_of_this_test"


def environment(volume: Path) -> dict[str, str]:
    """What its processes find; nobody answers as Stripe."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("BODEGA")},
        "BODEGA_MODE": "demo",
        "BODEGA_VOLUME": str(volume),
        "BODEGA_FAKESTRIPE_URL": "http://127.0.0.1:9",
        "STRIPE_WEBHOOK_SECRET": SECRET,
    }


def bodega(volume: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a verb on the volume, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bodega", *words],
        env=environment(volume),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def new_volume(directory: Path) -> Path:
    """An empty shop with its static files, ready to be opened."""
    for words in (["init"], ["manage", "collectstatic", "--noinput"]):
        done = bodega(directory, *words)
        assert done.returncode == 0, done.stderr
    return directory


class Shop:
    """`bodega up` on a volume. `log`: a file for what it says, best on another disk."""

    def __init__(self, volume: Path, log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bodega", "up", "--port", "0"],
                env=environment(volume),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.client = httpx.Client(timeout=30)

    @property
    def said(self) -> str:
        return self.log.read_text()

    def opened(self) -> "Shop":
        """Wait until it is open."""
        until(lambda: " open " in self.said or self.process.poll() is not None, 60)
        found = re.search(r"open +(http://[\d.]+:\d+)/", self.said)
        assert found, self.said
        self.client.base_url = httpx.URL(found[1])
        return self

    def forget_connections(self) -> None:
        """Whoever was at the other end has died."""
        address = self.client.base_url
        self.client.close()
        self.client = httpx.Client(timeout=30)
        self.client.base_url = address

    def stop(self) -> int:
        """Close it, if it has not ended already; the exit code."""
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)

    def tell(self, number: int) -> httpx.Response:
        """An event of the bank, some kilobytes long: what is acknowledged must be kept."""
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


class Bank:
    """Tells the shop events, and keeps what it was answered."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.acknowledged: set[str] = set()
        self.refusals: list[httpx.Response] = []

    def tell(self, number: int) -> int:
        """The status of the answer."""
        answer = self.shop.tell(number)
        if answer.status_code == 200:
            self.acknowledged.add(f"evt_{number}")
        else:
            self.refusals.append(answer)
        return answer.status_code

    def was_refused_with_a_sentence(self) -> bool:
        """Whether every refusal was one that a visitor can understand, and a bank repeats."""
        last = self.refusals[-1]
        return (
            {answer.status_code for answer in self.refusals} == {503}
            and bool(last.headers["Retry-After"])
            and "try again" in last.text.lower()
        )


def stored(volume: Path) -> set[str]:
    """The events that are in the database of a closed shop."""
    scratch = volume / "looked-at.sqlite3"
    for end in ("", "-wal"):
        if Path(f"{volume / 'primary.sqlite3'}{end}").exists():
            shutil.copyfile(f"{volume / 'primary.sqlite3'}{end}", f"{scratch}{end}")
    connection = sqlite3.connect(scratch)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        if "payments_webhookevent" not in tables:
            return set()  # a young shop whose log is gone
        return {
            name for (name,) in connection.execute("SELECT event_id FROM payments_webhookevent")
        }
    finally:
        connection.close()
        for end in ("", "-wal", "-shm"):
            Path(f"{scratch}{end}").unlink(missing_ok=True)
