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

RECEIVED = """
    INSERT INTO catalog_movement
        (variant_id, reason, on_hand_delta, reserved_delta, reference, actor, note, at)
    SELECT id, 'received', ?, 0, '', 'ada', '', '2026-01-01' FROM catalog_variant
"""


@dataclass
class Street:
    """`environment` is what every process of the shop is started with; `listener` its address."""

    volume: Path
    address: str
    bank: Handle
    environment: dict[str, str]
    listener: socket.socket
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, *words: str, **changes: str) -> "subprocess.Popen[bytes]":
        """A `bodega` process of this shop; `changes` to its environment."""
        return self.launch(["bodega", *words], changes)

    def open(self, without: str = "") -> "subprocess.Popen[bytes]":
        """A web process, once it answers; `without`: one of the guards (see `understudy`)."""
        words = ["tests.stories.understudy", without] if without else ["bodega"]
        process = self.launch([*words, "web", "--fd", str(self.listener.fileno())], {})
        self.wait(lambda: answers(self), "the open shop")
        return process

    def launch(self, words: Sequence[str], changes: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """`python -m words`, with the shop's door open before it."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                env={**os.environ, **self.environment, **changes},
                pass_fds=[self.listener.fileno()],
                stderr=log,
            )
        self.running.append(process)
        return process

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A verb of this shop, to its end."""
        return self.python("-m", "bodega", *words)

    def call(self, module: str, call: str) -> None:
        """Something that happens by itself, now: a call of a function with the module's names."""
        loaded = "import bodega.databases, django; django.setup()"
        done = self.python("-c", f"{loaded}; from {module} import *; {call}")
        assert done.returncode == 0, done.stderr

    def python(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *words],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def log(self) -> Path:
        """What its processes say; beside the volume, which may be full, or exchanged."""
        return self.volume.with_name("street.log")

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """kill −9: no handler runs, no buffer is flushed."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def ask(self, sql: str, file: str = "primary") -> list[tuple[Any, ...]]:
        """Look into one of the shop's files, from outside and read-only."""
        connection = pysqlite3.connect(f"file:{self.volume}/{file}.sqlite3?mode=ro", uri=True)
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
                said = self.log.read_text()[-4000:] if self.log.exists() else ""
                raise AssertionError(f"{what} did not come about\n{said}")
            time.sleep(0.01)


@dataclass
class Passer:
    """Somebody who walks in, with a browser that has no JavaScript."""

    street: Street
    browser: httpx.Client

    def order(self) -> str:
        """Cart, checkout, and on to the payment page; returns the session's id."""
        self.fill_cart()
        response = self.send(self.form())
        assert response.status_code == 303, response.text
        return session_in(response)

    def fill_cart(self) -> None:
        """One more of the article."""
        self.browser.post("/cart/lines/", data={"variant": "1", "quantity": "1"})

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

    def send(self, form: Mapping[str, str]) -> httpx.Response:
        return self.browser.post("/checkout/", data=form)

    def come_back(self, session: str) -> httpx.Response:
        """The success page, to which the bank sends who has paid."""
        return self.browser.get(f"/payments/return/?session_id={session}")


def session_in(response: httpx.Response) -> str:
    """The session of the payment page to which the shop sends the buyer."""
    session = re.search(r"cs_test_\w+", response.headers["Location"])
    assert session, response.headers["Location"]
    return session.group()


@contextmanager
def open_street(
    volume: Path,
    *options: str,
    webhook: str = "",
    on_hand: int = 10,
    is_open: bool = True,
    **changes: str,
) -> Iterator[Street]:
    """A shop with ten of one article, a web process, and a bank that calls it; no worker yet.

    `options` of the bank; `webhook`: where it calls instead; `is_open`: begin with the web process;
    `changes` to the environment of all its processes.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    place = webhook or f"{address}/payments/webhook/"
    with serve("--webhook", place, "--secret", SECRET, *options) as bank:
        environment = surroundings(volume) | {
            "BODEGA_URL": address,
            "BODEGA_FAKESTRIPE_URL": bank.base_url,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            **changes,
        }
        shutil.copytree(closed_shop(), volume)
        stock_up(volume, on_hand)
        street = Street(volume, address, bank, environment, listener)
        try:
            if is_open:
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


def stock_up(volume: Path, on_hand: int) -> None:
    """So many of the article, in a shop in which nobody is yet."""
    connection = pysqlite3.connect(f"{volume}/primary.sqlite3")
    with connection:
        connection.execute("UPDATE catalog_stock SET on_hand = ?", (on_hand,))
        connection.execute(RECEIVED, (on_hand,))
    connection.close()


def surroundings(volume: Path) -> dict[str, str]:
    """What every process of a shop is told."""
    return {
        "BODEGA_MODE": "demo",
        "BODEGA_VOLUME": str(volume),
        "DJANGO_SETTINGS_MODULE": "bodega.settings",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


def answers(street: Street) -> bool:
    try:
        return httpx.get(street.address + "/up", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def passer(street: Street) -> Iterator[Passer]:
    with httpx.Client(base_url=street.address, timeout=20) as browser:
        yield Passer(street, browser)
