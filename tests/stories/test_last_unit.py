"""Acceptance 5: one unit and fifty buyers at once are one sale; who pays late is `oversold`.

Two web processes and fifty browsers, all at the same time. The late payer's story needs the time to
pass, so there the shop is in this process; the bank is fakestripe in both.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from bodega.catalog.models import Stock
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import lapsing, stripe
from bodega.payments.models import LedgerEntry
from bodega.payments.reconciling.running import Kind, reconcile
from tests.payments.reconciling.conftest import Town, bank_process, states, town
from tests.stories.street import Passer, Street, open_street, passer

__all__ = ["bank_process", "town"]

BUYERS, PROCESSES = 50, 2
SHELF = "SELECT on_hand, reserved FROM catalog_stock"
ORDERS = "SELECT count(*) FROM orders_order"


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with open_street(tmp_path / "volume", on_hand=1, is_open=False) as street:
        yield street


def filled_in(buyer: Passer) -> dict[str, str]:
    """Her checkout form, with the article in her cart."""
    buyer.fill_cart()
    return buyer.form()


def rush(street: Street, buyers: int) -> list[int]:
    """All have it in their carts and send the form in the same moment; how each was answered."""
    with ExitStack() as stack, ThreadPoolExecutor(buyers) as pool:
        people = [stack.enter_context(passer(street)) for _ in range(buyers)]
        forms = list(pool.map(filled_in, people))
        return list(pool.map(lambda one, form: one.send(form).status_code, people, forms))


@pytest.mark.process
@pytest.mark.slow
def test_fifty_buyers_and_one_unit_are_one_sale(street: Street) -> None:
    for _ in range(PROCESSES):
        street.open()
    answers = rush(street, BUYERS)
    assert answers.count(303) == 1
    assert set(answers) <= {303, 409, 422}, "all others are told before they pay"
    assert street.ask(ORDERS) == [(1,)]
    assert street.bank.state()["objects"]["checkout.session"] == 1
    assert street.ask(SHELF) == [(1, 1)]
    ((session,),) = street.ask("SELECT session_id FROM payments_attempt")
    street.bank.pay(session)
    with passer(street) as winner:
        winner.come_back(session)
    assert street.ask(SHELF) == [(0, 0)]
    assert street.ask("SELECT status, is_oversold FROM orders_order") == [("paid", 0)]


@pytest.mark.process
@pytest.mark.slow
def test_who_looks_first_and_reserves_afterwards_sells_it_several_times(street: Street) -> None:
    """The control: the same rush, at a shop that looks at the shelf and then writes."""
    for _ in range(PROCESSES):
        street.open(without="shelf")
    answers = rush(street, BUYERS)
    assert answers.count(303) > 1
    ((orders,),) = street.ask(ORDERS)
    assert orders == answers.count(303)


def session_of(order: Order) -> str:
    """The session of an order, as the bank knows it."""
    made = stripe.client().get("/v1/checkout/sessions", {"limit": 100})["data"]
    (found,) = (each["id"] for each in made if each["metadata"]["order"] == order.public_id)
    return str(found)


def test_who_pays_when_it_has_been_sold_is_oversold_and_nothing_is_dropped(
    town: Town,
) -> None:
    """The bank made a session and said "500", again and again: the shop could not end what it did not
    know of."""
    Stock.objects.update(on_hand=1)
    town.bank.fault("error", "POST /v1/checkout/sessions", when="after")
    with pytest.raises(AssertionError, match="503 == 303"):
        town.order()
    late = Order.objects.get()
    lapsing.lapse_overdue(now=utc_now() + timedelta(days=1))
    late.refresh_from_db()
    assert late.status == Order.Status.EXPIRED
    town.bank.clear_faults()

    other = town.paid()
    reconcile(Kind.SWEEP)
    other.refresh_from_db()
    assert (other.status, other.is_oversold, Stock.objects.get().on_hand) == ("paid", False, 0)

    town.bank.pay(session_of(late))
    reconcile(Kind.SWEEP)
    late.refresh_from_db()
    assert (late.status, late.is_oversold) == ("paid", True)
    assert (
        late.events.get(kind="oversold").message == "Paid, but the stock is gone: 1 × DUNES missing"
    )
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved) == (0, 0)
    assert LedgerEntry.objects.filter(order=late).count() == 1
    assert states(late) == ("paid", ["expired", "paid"]), "a second attempt took the session up"
