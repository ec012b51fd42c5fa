"""Acceptance 3: events in the opposite order, lost, undelivered, never generated: all converges.

Buyers pay by direct debit, which takes two events (completed but unpaid, then paid), by card, and get
something back; each under another fault. A shop is right before the sweep if the events came at all,
and in any case after it.
"""

import json
from collections.abc import Iterator

import pytest

from tests.stories.street import Street, open_street, passer

pytestmark = [pytest.mark.process, pytest.mark.slow]

DEBIT = "DE89370400440532013000"
STATE = """
    SELECT o.status, (SELECT count(*) FROM payments_ledgerentry l WHERE l.order_id = o.id)
    FROM orders_order o JOIN payments_attempt a ON a.order_id = o.id WHERE a.session_id = '{}'
"""
UNREAD = "SELECT count(*) FROM payments_webhookevent WHERE processed_at IS NULL"
TOLD = "SELECT payload FROM payments_webhookevent WHERE object_id = '{}' ORDER BY id"
PAID, WAITING = [("paid", 1)], [("awaiting_payment", 0)]
SILENT = ("lost", "undelivered", "never")  # the shop hears nothing


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with open_street(tmp_path_factory.mktemp("astray") / "volume") as street:
        street.start("worker")
        yield street


def bought(street: Street, **purse: str) -> str:
    """Somebody pays and closes the window; returns the session."""
    with passer(street) as ada:
        session = ada.order()
        street.bank.pay(session, **purse)
    return session


def heard(street: Street) -> None:
    """Everything the bank sends has come, and been applied."""
    street.wait(lambda: not street.bank.state()["waiting"], "the events")
    street.wait(lambda: street.ask(UNREAD) == [(0,)], "every event applied")


def debited(street: Street) -> str:
    """A direct debit, of which the second event comes before the first."""
    street.bank.fault("reordered", "checkout.session.completed", ms=600_000)
    session = bought(street, account=DEBIT)
    street.bank.advance(60)  # its transfers take seconds
    heard(street)
    return session


def believed(street: Street, session: str) -> str:
    """What a shop believes that does what each event says, in the order in which they come."""
    status = "awaiting_payment"
    for (payload,) in street.ask(TOLD.format(session)):
        told = json.loads(payload)["data"]["object"]
        status = "paid" if told["payment_status"] == "paid" else "processing"
    return status


def test_events_in_the_opposite_order_are_a_paid_order(street: Street) -> None:
    session = debited(street)
    kinds = [json.loads(each[0])["type"] for each in street.ask(TOLD.format(session))]
    assert kinds == [
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
    ]
    assert street.ask(STATE.format(session)) == PAID


def test_who_believes_the_last_event_has_an_unpaid_order(street: Street) -> None:
    """The control: the same events, done as they say."""
    assert believed(street, debited(street)) == "processing"


def test_events_that_never_come_are_made_up_for_by_the_sweep(street: Street) -> None:
    """Before the sweep it is its own control: a shop without one has three charges and no order."""
    heard(street)
    (worker,) = (each for each in street.running if "worker" in each.args)  # type: ignore[operator]  # a list
    street.kill(worker)  # it sweeps by itself every few minutes
    sessions = []
    for kind in SILENT:
        street.bank.fault(kind, count=50)
        sessions.append(bought(street))
        street.bank.clear_faults()
    street.wait(lambda: not street.bank.state()["waiting"], "the events")
    assert [street.ask(STATE.format(each)) for each in sessions] == [WAITING] * 3
    charged = {each["session"] for each in street.bank.ledger()}
    assert set(sessions) <= charged

    street.start("worker")
    swept = street.run("reconcile")
    assert swept.returncode == 0, swept.stdout + swept.stderr
    assert [street.ask(STATE.format(each)) for each in sessions] == [PAID] * 3
    street.wait(lambda: len(street.mails()) == len(charged), "a mail for every charge")
    assert "Settled" not in street.run("reconcile").stdout, "twice is once"
