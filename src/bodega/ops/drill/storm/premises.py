"""The drill's street: a scratch volume with prints on its shelves, and a bank that calls the shop."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bodega.ops.drill.incident import premises
from bodega.ops.drill.incident.premises import Bank, DrillBroke

MOST_ALIVE = 6
SECRET = "whsec_storm"  # noqa: S105 - of a bank that takes no money
EVENTS = "checkout.session.completed,checkout.session.expired"
ON_HAND = 1_000_000
RETRIES = "1,1,2,3,5,8,13,21,34,55"  # seconds: Stripe's real pauses are hours


@dataclass
class Place:
    """`url`: the shop's public address; `port`: of its socket; `log`: what its processes say."""

    scratch: Path
    url: str
    port: int
    bank: Bank
    environment: dict[str, str]
    variants: list[int] = field(default_factory=list)

    @property
    def volume(self) -> Path:
        return self.scratch / "shop"

    @property
    def log(self) -> Path:
        return self.scratch / "log"

    @property
    def said(self) -> str:
        """The last of it."""
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A verb of `bodega` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "bodega", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def furnished(scratch: Path) -> Iterator[Place]:
    """A volume with a shop in it, not yet open, and its bank. Raises DrillBroke."""
    from bodega.ops.showcase import free_port

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = ["--webhook", f"{url}/payments/webhook/", "--secret", SECRET, "--events", EVENTS]
    with _bank(*words, "--retries", RETRIES) as bank:
        place = Place(scratch, url, port, bank, _environment(scratch, url, bank))
        street = premises.Street(place.volume, place.environment, bank)
        street.bodega("init", "--shop", "Storm")
        with street.shop() as shop:
            place.variants = shop.tell("furnish", on_hand=ON_HAND)["variants"]
        yield place


@contextmanager
def _bank(*words: str) -> Iterator[Bank]:
    command = [sys.executable, "-m", "fakestripe", "--port", "0", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        url = next((word for word in said if word.startswith("http")), "")
        if not url:
            raise DrillBroke(
                "fakestripe did not start: is it installed? What it said stands above."
            )
        yield Bank(url)
    finally:
        process.terminate()
        process.communicate()


def _environment(scratch: Path, url: str, bank: Bank) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("BODEGA_", "STRIPE_"))}
    return {
        **inherited,
        "BODEGA_MODE": "demo",
        "BODEGA_VOLUME": str(scratch / "shop"),
        "BODEGA_BACKUP_DIR": str(scratch / "backups"),
        "BODEGA_FAKESTRIPE_URL": bank.url,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "BODEGA_URL": url,
        "BODEGA_GENERATIONS": str(MOST_ALIVE),
        "BODEGA_LOG_LEVEL": "WARNING",
        "BODEGA_READY_SECONDS": "120",
    }
