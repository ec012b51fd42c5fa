"""Acceptance 6: somebody pays at the very instant at which the order expires.

The bank is fakestripe, whose `brink` lets the money arrive while the shop (or the bank itself) ends the
session. The shop is in this process, so that its time can pass.
"""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import transaction

from bodega.catalog.models import Reservation, Stock
from bodega.orders import expiring
from bodega.orders.models import Order
from bodega.payments import lapsing, stripe
from bodega.payments.models import LedgerEntry
from bodega.payments.reconciling.running import Kind, reconcile
from fakestripe.testing import Handle, serve
from tests.payments.reconciling.conftest import Town, states, town

__all__ = ["town"]


@pytest.fixture  # for each test: the clock of a bank does not go back
def bank_process() -> Iterator[Handle]:
    with serve() as handle:
        yield handle


def on_the_brink(town: Town) -> tuple[Order, datetime]:
    """An order whose buyer will press "Pay" at the last instant, and that instant."""
    Stock.objects.update(on_hand=1)
    order = town.order()
    town.bank.fault("brink", str(order.attempts.get().session_id))
    assert order.expires_at
    return order, order.expires_at


def is_sold_once(town: Town, order: Order) -> None:
    assert states(order) == ("paid", ["paid"])
    assert not order.is_oversold
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved) == (0, 0)
    (charge,) = town.bank.ledger()
    assert LedgerEntry.objects.get().amount == charge["amount"]


def test_when_the_shop_ends_the_session_it_is_paid_instead(town: Town) -> None:
    order, instant = on_the_brink(town)
    assert lapsing.lapse_overdue(now=instant) == 1
    is_sold_once(town, order)


def test_when_the_bank_ends_it_the_sweep_finds_the_payment(town: Town) -> None:
    order, _ = on_the_brink(town)
    town.bank.advance(3 * 3600)
    assert states(order) == ("awaiting_payment", ["open"])
    reconcile(Kind.SWEEP)
    is_sold_once(town, order)


def test_ending_it_twice_at_that_instant_is_ending_it_once(town: Town) -> None:
    order, instant = on_the_brink(town)
    lapsing.lapse(order, "Not paid in time", now=instant)
    lapsing.lapse(order, "Not paid in time", now=instant)
    is_sold_once(town, order)


def test_a_shop_that_looks_at_its_own_clock_gives_the_paid_unit_to_another(town: Town) -> None:
    """The control: a timer that expires the order without asking."""
    order, instant = on_the_brink(town)
    with transaction.atomic():
        expiring.mark_expired(order, "Not paid in time", at=instant)
    stripe.client().expire_session(str(order.attempts.get().session_id))
    assert len(town.bank.ledger()) == 1, "charged"
    assert order.status == Order.Status.EXPIRED
    assert Reservation.objects.get().state == "released"
    other = town.order()
    assert other.status == "awaiting_payment", "and the unit is promised to somebody else"


@pytest.mark.parametrize("times", [1, 2])
def test_and_even_that_money_is_kept_by_the_sweep(town: Town, times: int) -> None:
    order, instant = on_the_brink(town)
    with transaction.atomic():
        expiring.mark_expired(order, "Not paid in time", at=instant)
    stripe.client().expire_session(str(order.attempts.get().session_id))
    for _ in range(times):
        reconcile(Kind.SWEEP)
    is_sold_once(town, order)
