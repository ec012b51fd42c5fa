"""The drill's own street: a scratch volume, a bank in its own process, and the real `bodega` command."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHOP = "bodega.ops.drill.incident.shop"
PATIENCE = 20.0
BUYER = {  # what everybody types into the checkout form
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "street": "Torstraße 1",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
    "billing_same": "on",
    "terms": "on",
}


class DrillBroke(RuntimeError):
    """A process of the drill failed; the message is what it said."""


@dataclass(frozen=True)
class Bank:
    """A running fakestripe."""

    url: str

    def pay(self, session: str) -> None:
        """The customer pays with a card that works."""
        self._ask(f"/_fake/pay/{session}", b'{"card": "4242424242424242"}')

    def charges(self) -> list[dict[str, Any]]:
        """Every successful charge."""
        found: list[dict[str, Any]] = self._ask("/_fake/state")["ledger"]
        return found

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, body, headers)  # noqa: S310 - 127.0.0.1
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - as above
            return json.loads(answer.read())


@dataclass(frozen=True)
class Street:
    """The shop's volume and what every process of it is started with."""

    volume: Path
    environment: dict[str, str]
    bank: Bank

    def bodega(self, *words: str, may_fail: bool = False) -> str:
        """Run a verb to its end; what it printed. Raises DrillBroke."""
        command = [sys.executable, "-m", "bodega", *words]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode and not may_fail:
            raise DrillBroke(f"bodega {words[0]}: {(done.stderr or done.stdout).strip()[-1000:]}")
        return done.stdout

    def audit(self) -> dict[str, Any]:
        """`bodega audit --json`, with every order id that is missing."""
        found: dict[str, Any] = json.loads(self.bodega("audit", "--json", may_fail=True))
        return found

    @contextmanager
    def shop(self) -> Iterator["Shop"]:
        """The shop's own process, for as long as the block lasts."""
        with (self.volume.parent / "shop.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", SHOP],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            yield Shop(process, self.volume.parent / "shop.log")
        finally:
            process.communicate()


@dataclass(frozen=True)
class Shop:
    """The driver's side of `shop`."""

    process: "subprocess.Popen[str]"
    log: Path

    def tell(self, do: str, **how: Any) -> dict[str, Any]:
        """Give a command and wait for the answer. Raises DrillBroke."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **how}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise DrillBroke(f"the shop's process broke: {self.log.read_text()[-1000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def open_street(scratch: Path) -> Iterator[Street]:
    """A bank, and a volume that is no shop yet. Raises DrillBroke."""
    command = [sys.executable, "-m", "fakestripe", "--port", "0"]
    bank = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert bank.stdout is not None
        words = bank.stdout.readline().split()
        url = next((word for word in words if word.startswith("http")), "")
        if not url:
            raise DrillBroke(
                f"fakestripe did not start. Is it installed (bodega[fakestripe])? {words}"
            )
        volume = scratch / "shop"
        environment = {
            **os.environ,
            "BODEGA_MODE": "demo",
            "BODEGA_VOLUME": str(volume),
            "BODEGA_BACKUP_DIR": str(scratch / "backups"),
            "BODEGA_FAKESTRIPE_URL": url,
            "STRIPE_WEBHOOK_SECRET": "whsec_drill",
        }
        for name in ("BODEGA_JOURNAL_DIR", "BODEGA_BACKUP_URL", "STRIPE_SECRET_KEY"):
            environment.pop(name, None)
        yield Street(volume, environment, Bank(url))
    finally:
        bank.terminate()
        bank.communicate()
