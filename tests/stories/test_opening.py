"""A shop that was restored, with real processes: first the sweep, then the customers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bodega.ops.backup.demanding import demand_sweep
from tests.stories.street import Passer, Street, open_street, passer

pytestmark = [pytest.mark.process, pytest.mark.slow]

PAID = "SELECT status FROM orders_order WHERE status = 'paid'"


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with open_street(tmp_path / "volume") as street:
        yield street


def restored(street: Street) -> None:
    """Leave the demand that a restore leaves; the web process has not been asked for checkout yet."""
    now = datetime.now(UTC)
    demand_sweep(street.volume, now - timedelta(hours=3), now)


def fill_cart(somebody: Passer) -> None:
    somebody.browser.post("/cart/lines/", data={"variant": "1", "quantity": "1"})


def reconcile(street: Street) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bodega", "reconcile"]
    surroundings = {**os.environ, **street.environment}
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)


def test_checkout_opens_when_a_worker_has_asked_stripe(street: Street) -> None:
    restored(street)
    with passer(street) as somebody:
        fill_cart(somebody)
        closed = somebody.browser.get("/checkout/")
        assert (closed.status_code, closed.headers["Retry-After"]) == (503, "5")
        assert "Checkout opens in a moment" in closed.text
        assert somebody.browser.get("/").status_code == 200
        street.start("worker")
        street.wait(lambda: somebody.browser.get("/checkout/").status_code == 200, "the checkout")
        assert somebody.order()


def test_a_payment_that_nobody_heard_of_is_found_from_the_command_line(street: Street) -> None:
    street.bank.fault("never", "*", count=50)
    with passer(street) as somebody:
        street.bank.pay(somebody.order())
    assert street.ask(PAID) == []
    done = reconcile(street)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Settled 1 order that nobody had told the shop of", done.stdout)
    assert street.ask(PAID) == [("paid",)]
    assert "Stripe and the shop agree" in reconcile(street).stdout
