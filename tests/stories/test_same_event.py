"""Acceptance 2: the same event fifty times at once, with ten success pages: one ledger row, one mail."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from bodega.payments.signatures import sign
from tests.stories.street import SECRET, Street, open_street, passer

pytestmark = [pytest.mark.process, pytest.mark.slow]

EVENTS, PAGES = 50, 10
LEDGER = "SELECT count(*), sum(amount) FROM payments_ledgerentry"
MAILS = "SELECT kind, state FROM orders_mail"


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """A shop that the bank does not call: the test does."""
    with open_street(tmp_path / "volume", is_open=False) as street:
        street.bank.fault("lost", count=1000)
        yield street


def event_of(street: Street) -> bytes:
    """The event of the only payment, as the bank would send it."""
    key = {"Authorization": "Bearer sk_test_x"}
    asked = {"type": "checkout.session.completed"}
    told = httpx.get(f"{street.bank.base_url}/v1/events", params=asked, headers=key).json()
    (event,) = told["data"]
    return json.dumps(event).encode()


def post(street: Street, event: bytes) -> int:
    now = int(time.time())
    signature = f"t={now},v1={sign(event, SECRET, now).decode()}"
    place = f"{street.address}/payments/webhook/"
    headers = {"Stripe-Signature": signature}
    return httpx.post(place, content=event, headers=headers, timeout=60).status_code


def everything_at_once(street: Street) -> list[int]:
    """Somebody pays; then fifty events and ten success pages in the same moment: the answers."""
    with passer(street) as ada:
        session = ada.order()
        street.bank.pay(session)
        event = event_of(street)
        calls: list[Callable[[], Any]] = [lambda: post(street, event)] * EVENTS
        calls += [lambda: ada.come_back(session).status_code] * PAGES
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(lambda call: int(call()), calls))


def test_fifty_events_and_ten_success_pages_are_one_ledger_row_and_one_mail(
    street: Street,
) -> None:
    street.open()
    street.start("worker")
    answers = everything_at_once(street)
    assert answers == [200] * EVENTS + [303] * PAGES
    read = "SELECT count(*), count(processed_at) FROM payments_webhookevent"
    street.wait(lambda: street.ask(read) == [(1, 1)], "the event applied")
    street.wait(lambda: street.ask(MAILS) == [("receipt", "sent")], "the receipt")
    assert street.ask(LEDGER) == [(1, 2990)]
    assert street.ask("SELECT on_hand, reserved FROM catalog_stock") == [(9, 0)]
    assert street.ask("SELECT count(*) FROM orders_invoice") == [(1,)]
    assert len(street.mails()) == 1


def test_who_looks_first_and_writes_afterwards_books_the_money_several_times(
    street: Street,
) -> None:
    """The control: the same moment, without the unique row and the guarded update."""
    street.open(without="ledger")
    street.bank.fault("delay", "GET /v1/checkout/sessions/*", count=PAGES, ms=300)
    everything_at_once(street)
    ((rows, money),) = street.ask(LEDGER)
    assert rows > 1
    assert money == rows * 2990, "one charge at the bank"
    assert len(street.bank.ledger()) == 1
