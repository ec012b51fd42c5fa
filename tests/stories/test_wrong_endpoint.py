"""Acceptance 8: Stripe's endpoint points at an old host, which answers 204 to everything.

For Stripe all is delivered, so it tries nothing again. The sweeper settles all the same, and doctor
says what to put right.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.stories.street import Street, open_street, passer

pytestmark = [pytest.mark.process, pytest.mark.slow]

STATUS = "SELECT status FROM orders_order"


class OldHost(BaseHTTPRequestHandler):
    """Somebody's server that has long been something else."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def old_host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OldHost)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/old/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def paid(street: Street) -> None:
    """Somebody has paid and closed the window, and the bank has nothing more to tell."""
    with passer(street) as ada:
        street.bank.pay(ada.order())
    street.bank.wait_delivered()


def reconciled(street: Street) -> dict[str, Any]:
    done = street.run("reconcile", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def said_by_doctor(street: Street) -> dict[str, Any]:
    """What production would be told about its endpoint."""
    street.environment["BODEGA_MODE"] = "production"
    told = json.loads(street.run("doctor", "reconciliation", "--json").stdout)
    (found,) = (one for one in told["findings"] if one["id"] == "reconciliation.endpoint")
    return dict(found)


def test_the_sweeper_settles_and_doctor_says_what_to_put_right(tmp_path: Path) -> None:
    with old_host() as elsewhere, open_street(tmp_path / "volume", webhook=elsewhere) as street:
        paid(street)
        assert street.bank.state()["deliveries"].keys() == {"succeeded"}
        assert len(street.bank.ledger()) == 1
        # The control is the same shop before its sweep: charged, all delivered, and not paid.
        assert street.ask(STATUS) == [("awaiting_payment",)]

        told = reconciled(street)
        assert told["settled"] == 1
        assert f"only to {elsewhere}: add the endpoint {street.address}/" in told["endpoint"]
        assert street.ask(STATUS) == [("paid",)]
        street.start("worker")
        street.wait(lambda: len(street.mails()) == 1, "the receipt")
        found = said_by_doctor(street)
        assert found["level"] == "warn"
        assert elsewhere in json.dumps(found)


def test_without_a_sweep_it_stays_unpaid_however_long_one_waits(tmp_path: Path) -> None:
    """The control: a shop that relies on its webhook."""
    with old_host() as elsewhere, open_street(tmp_path / "volume", webhook=elsewhere) as street:
        paid(street)
        for _ in range(3):
            street.bank.advance(86_400)  # Stripe would try for three days
            street.bank.wait_delivered()
        assert len(street.bank.ledger()) == 1
        assert street.ask(STATUS) == [("awaiting_payment",)]


def test_the_right_endpoint_is_no_warning(tmp_path: Path) -> None:
    with open_street(tmp_path / "volume") as street:
        street.start("worker")
        paid(street)
        street.wait(lambda: street.ask(STATUS) == [("paid",)], "the paid order")
        told = reconciled(street)
        assert (told["settled"], told["endpoint"]) == (0, "")
        assert said_by_doctor(street)["level"] == "ok"
