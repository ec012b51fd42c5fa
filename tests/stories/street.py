"""A shop on a street: its own volume, a web process, a bank, and workers that can be killed.

Everything is a real process with its own environment; the tests speak HTTP with it and look into its
files only to see what was written.
"""

import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pysqlite3

from fakestripe.testing import Handle, serve
from tests.till import ADDRESS

SECRET = "whsec_stories"
PATIENCE = 30.0
SEED = """
import bodega.databases, django
django.setup()
from tests.till import open_shop, stocked
open_shop()
stocked()
"""


@dataclass
class Street:
    """`environment` is what every process of the shop is started with."""

    volume: Path
    address: str
    bank: Handle
    environment: dict[str, str]
    listener: socket.socket
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def open(self) -> "subprocess.Popen[bytes]":
        """A web process on the street's address, once it answers."""
        descriptor = self.listener.fileno()
        os.set_inheritable(descriptor, True)
        process = self.launch(["web", "--fd", str(descriptor)], [descriptor], {})
        self.wait(lambda: is_open(self), "the open shop")
        return process

    def start(self, *words: str, **changes: str) -> "subprocess.Popen[bytes]":
        """A `bodega` process of this shop; `changes` to its environment."""
        return self.launch(words, (), changes)

    def launch(
        self, words: Sequence[str], inherited: Sequence[int], changes: Mapping[str, str]
    ) -> "subprocess.Popen[bytes]":
        with (self.volume / f"{words[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "bodega", *words],
                env={**os.environ, **self.environment, **changes},
                pass_fds=inherited,
                stderr=log,
            )
        self.running.append(process)
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """kill −9: no handler runs, no buffer is flushed."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the shop's primary file, from outside and read-only."""
        connection = pysqlite3.connect(f"file:{self.volume}/primary.sqlite3?mode=ro", uri=True)
        try:
            rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
            return rows
        finally:
            connection.close()

    def mails(self) -> list[Path]:
        return sorted((self.volume / "mail").glob("*.eml"))

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                logs = "\n".join(log.read_text()[-2000:] for log in self.volume.glob("*.log"))
                raise AssertionError(f"{what} did not come about\n{logs}")
            time.sleep(0.01)


@dataclass
class Passer:
    """Somebody who walks in, with a browser that has no JavaScript."""

    street: Street
    browser: httpx.Client

    def order(self) -> str:
        """Cart, checkout, and on to the payment page; returns the session's id."""
        self.browser.post("/cart/lines/", data={"variant": "1", "quantity": "1"})
        response = self.browser.post("/checkout/", data=self.form())
        assert response.status_code == 303, response.text
        session = re.search(r"cs_test_\w+", response.headers["Location"])
        assert session
        return session.group()

    def form(self) -> dict[str, str]:
        """The checkout form of the cart, filled in."""
        page = self.browser.get("/checkout/").text
        form = {
            name: found.group(1)
            for name in ("checkout_key", "total")
            if (found := re.search(rf'name="{name}" value="([^"]+)"', page))
        }
        chosen = re.search(r'name="method" value="(\d+)"[^>]*checked', page)
        assert chosen, page
        return ADDRESS | form | {"method": chosen.group(1)}


@contextmanager
def open_street(volume: Path, **changes: str) -> Iterator[Street]:
    """A shop with ten of one article, a web process, and a bank that calls it; no worker yet.

    `changes` to the environment of all its processes.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with serve("--webhook", f"{address}/payments/webhook/", "--secret", SECRET) as bank:
        environment = surroundings(volume) | {
            "BODEGA_URL": address,
            "BODEGA_FAKESTRIPE_URL": bank.base_url,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            **changes,
        }
        shutil.copytree(closed_shop(), volume)
        street = Street(volume, address, bank, environment, listener)
        try:
            street.open()
            yield street
        finally:
            listener.close()
            for process in street.running:
                process.kill()
                process.wait()


@cache
def closed_shop() -> Path:
    """A volume with tables, static files and one article, made once and copied for every street."""
    directory = Path(tempfile.mkdtemp(prefix="bodega-street-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    environment = {**os.environ, **surroundings(directory)}
    for words in (
        ["-m", "bodega", "init"],
        ["-c", SEED],
        ["-m", "bodega", "manage", "collectstatic", "--noinput"],
    ):
        command = [sys.executable, *words]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return directory


def surroundings(volume: Path) -> dict[str, str]:
    """What every process of a shop is told."""
    return {
        "BODEGA_MODE": "demo",
        "BODEGA_VOLUME": str(volume),
        "DJANGO_SETTINGS_MODULE": "bodega.settings",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


def is_open(street: Street) -> bool:
    try:
        return httpx.get(street.address + "/up", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def passer(street: Street) -> Iterator[Passer]:
    with httpx.Client(base_url=street.address, timeout=20) as browser:
        yield Passer(street, browser)
