"""Acceptance 10: an order of nothing needs no Stripe, not even one that can be reached."""

from datetime import datetime
from typing import Any

import pytest
from django.core import mail

from bodega.catalog.models import Stock
from bodega.discounts.models import Discount
from bodega.orders import paying
from bodega.orders.models import Invoice, Order
from bodega.payments import attempts, stripe
from bodega.payments.models import Attempt, Discrepancy, LedgerEntry
from bodega.payments.reconciling.running import Kind, reconcile
from bodega.shipping.models import Band
from tests.payments.reconciling.conftest import Town, bank_process, town
from tests.till import Buyer, drain

__all__ = ["bank_process", "town"]
pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture
def gift(town: Town) -> Town:
    """All of it is free, and so is the parcel."""
    Discount.objects.create(code="GIFT", percent=100)
    Band.objects.update(price=0)
    return town


def ordered(town: Town) -> Any:
    """Somebody orders it; the answer."""
    buyer = Buyer.with_cart(town.variant)
    buyer.client.post("/cart/code/", {"code": "GIFT"})
    return buyer.order()


def test_it_is_paid_at_once_while_nobody_answers_as_stripe(gift: Town, settings: Any) -> None:
    settings.FAKESTRIPE_URL = "http://127.0.0.1:9"
    stripe._client.cache_clear()
    answer = ordered(gift)
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, order.get_absolute_url())
    assert (order.total, order.status) == (0, Order.Status.PAID)
    assert Stock.objects.get().on_hand == 999
    assert Invoice.objects.get().order == order
    assert not Attempt.objects.exists()
    assert not LedgerEntry.objects.exists()
    drain()
    assert [sent.to for sent in mail.outbox] == [[order.email]]


def test_nobody_misses_its_money_when_shop_and_stripe_are_compared(gift: Town) -> None:
    ordered(gift)
    reconcile(Kind.NIGHTLY)
    assert not Discrepancy.objects.exists()
    assert gift.bank.state()["objects"] == {}


def test_at_stripe_an_order_of_nothing_could_not_be_paid(
    gift: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same order, sent to Stripe like any other."""

    def pay_like_any_other(order: Order, *, at: datetime, **_: object) -> None:
        attempts.open_attempt(order, now=at)

    monkeypatch.setattr(paying, "mark_paid", pay_like_any_other)
    ordered(gift)
    order = Order.objects.get()
    assert not order.is_paid
    assert "Stripe refused" in order.events.get(kind="payment_refused").message
