"""Calling an order off, with its money."""

from typing import Any

import pytest
from django.test import Client

from bodega.backoffice import cancelling
from bodega.catalog.models import Stock
from bodega.lib.clock import utc_now
from bodega.orders import dispatching
from bodega.orders.models import Cancellation, Order
from bodega.payments import stripe
from bodega.payments.models import Refund
from tests.till import MemoryBank, bank, buyer, merchant, order, paid, variant

__all__ = ["bank", "buyer", "merchant", "order", "paid", "variant"]
pytestmark = pytest.mark.django_db(databases=["default", "queue"])
REASON = "The print was damaged."


def post(office: Client, order: Order, **words: str) -> Any:
    form = {f"cancel-{name}": value for name, value in words.items()}
    return office.post(f"/backoffice/orders/order/{order.pk}/cancellation/", form, follow=True)


def test_a_paid_order_is_cancelled_and_refunded_in_one_go(office: Client, paid: Order) -> None:
    for _ in range(2):
        response = post(office, paid, reason=REASON, refund="on")
        assert response.status_code == 200
    paid.refresh_from_db()
    assert (paid.status, paid.refunded) == (Order.Status.CANCELLED, paid.total)
    assert Refund.objects.count() == 1
    assert Stock.objects.get().on_hand == 10, "back on the shelf once, not by both"
    assert paid.events.filter(kind="cancelled").count() == 1


def test_the_money_can_be_kept_for_later_and_stays_visible(office: Client, paid: Order) -> None:
    page = post(office, paid, reason=REASON).content.decode()
    assert not Refund.objects.exists()
    assert "€54.90 was paid, €0.00 of it is refunded" in page
    assert REASON in page


def test_an_unpaid_order_s_payment_page_is_closed_first(
    office: Client, order: Order, bank: MemoryBank
) -> None:
    post(office, order, reason=REASON)
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    assert bank.sessions["cs_test_1"]["status"] == "expired"
    assert Stock.objects.get().reserved == 0


def test_who_has_just_paid_is_not_cancelled_unseen(
    office: Client, order: Order, bank: MemoryBank
) -> None:
    bank.pay("cs_test_1")
    response = post(office, order, reason=REASON)
    assert response.status_code == 422
    assert "It has just been paid." in response.content.decode()
    order.refresh_from_db()
    assert order.status == Order.Status.PAID


def test_money_on_its_way_is_waited_for(office: Client, order: Order, bank: MemoryBank) -> None:
    bank.debit("cs_test_1")
    assert "nobody can stop it" in post(office, order, reason=REASON).content.decode()
    assert not Cancellation.objects.exists()


def test_a_silent_stripe_changes_nothing(office: Client, order: Order, bank: MemoryBank) -> None:
    bank.failures.append(stripe.StripeUnreachable("timed out"))
    response = post(office, order, reason=REASON)
    assert "Stripe does not answer, so nothing was done" in response.content.decode()
    order.refresh_from_db()
    assert order.is_awaiting


def test_it_needs_a_reason(office: Client, paid: Order) -> None:
    response = post(office, paid, reason=" ", refund="on")
    assert response.status_code == 422
    assert "Say why: the customer reads it." in response.content.decode()


def test_what_was_shipped_offers_no_cancelling_and_refuses_it(office: Client, paid: Order) -> None:
    dispatching.ship_rest(paid, actor="clerk", at=utc_now())
    page = office.get(f"/backoffice/orders/order/{paid.pk}/change/").content.decode()
    assert "/cancellation/" not in page
    assert post(office, paid, reason=REASON, refund="on").status_code == 422
    assert not Refund.objects.exists()


def test_a_crash_before_the_refund_is_sent_leaves_it_recorded(
    paid: Order, bank: MemoryBank
) -> None:
    bank.failures.append(stripe.StripeUnreachable("timed out"))
    made = cancelling.call_off(paid, REASON, actor="clerk", now=utc_now(), refund=True)
    assert [refund.is_waiting for refund in made] == [True]
    again = cancelling.call_off(paid, REASON, actor="clerk", now=utc_now(), refund=True)
    assert [refund.pk for refund in again] == [made[0].pk]
