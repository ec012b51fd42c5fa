"""The order's own page."""

from datetime import timedelta

import pytest
from django.db import transaction

from bodega.lib.clock import utc_now
from bodega.orders import (
    cancelling,
    dispatching,
    expiring,
    paying,
    timeline,
    views,
    withdrawing,
)
from bodega.orders.dispatching import Label
from bodega.orders.models import Order, Shipment
from bodega.orders.statements import Statement
from bodega.payments import refunding
from tests.till import Buyer

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def page(buyer: Buyer, order: Order) -> str:
    response = buyer.client.get(order.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def test_a_waiting_order_waits_live_and_without_a_script(order: Order, buyer: Buyer) -> None:
    text = page(buyer, order)
    assert "Waiting for your payment" in text
    assert 'id="main"' in text
    assert 'data-live="' in text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in text
    assert f'action="/payments/sessions/{order.public_id}/"' in text


def test_a_paid_order_says_thank_you_and_shows_everything(order: Order, buyer: Buyer) -> None:
    with transaction.atomic():
        paying.mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
    timeline.record(order, "note", "Customer is difficult", at=utc_now())
    text = page(buyer, order)
    for said in ("Thank you", order.number, "€54.90", "Torstr. 1", "Payment received", "Dunes"):
        assert said in text
    assert "refresh" not in text
    assert "Customer is difficult" not in text
    assert "/payments/sessions/" not in text


def test_an_order_that_was_given_up_says_so_and_leads_back(order: Order, buyer: Buyer) -> None:
    with transaction.atomic():
        expiring.mark_expired(order, "Not paid in time", at=utc_now())
    text = page(buyer, order)
    assert "was not paid" in text
    assert 'href="/cart/"' in text
    assert "refresh" not in text
    assert buyer.cart.lines.exists()


@pytest.mark.parametrize(
    ("kind", "said", "has_button"),
    [
        ("processing", "Your bank is processing", False),
        ("checking", "please do not pay again", False),
        ("payment_failed", "failed and nothing was charged", True),
    ],
)
def test_the_page_says_what_the_bank_is_doing(
    order: Order, buyer: Buyer, kind: str, said: str, has_button: bool
) -> None:
    timeline.record(order, kind, "The bank speaks", is_public=True, at=utc_now())
    text = page(buyer, order)
    assert said in text
    assert ("/payments/sessions/" in text) is has_button


def test_nobody_finds_stores_or_leaks_it(order: Order, buyer: Buyer) -> None:
    response = buyer.client.get(order.get_absolute_url())
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Referrer-Policy"] == "same-origin"
    assert len(order.public_id) == 32


def test_a_guessed_address_is_not_found(order: Order, buyer: Buyer) -> None:
    for guess in ("1", order.number, str(order.pk), "0" * 32, "%00", "ü"):
        assert buyer.client.get(f"/orders/{guess}/").status_code == 404


def test_the_page_only_reads(order: Order, buyer: Buyer) -> None:
    assert buyer.client.post(order.get_absolute_url()).status_code == 405


@pytest.mark.parametrize(
    ("age", "seconds"), [({}, 5), ({"minutes": 10}, 30), ({"hours": 2}, 300), ({"days": 2}, None)]
)
def test_asking_again_becomes_rarer_and_stops(
    order: Order, age: dict[str, int], seconds: int | None
) -> None:
    assert views.refresh_seconds(order, order.placed_at + timedelta(**age)) == seconds


def test_the_page_costs_few_queries(
    order: Order, buyer: Buyer, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(8):
        page(buyer, order)


def ship(order: Order, count: int) -> Shipment:
    line = order.lines.get().pk
    label = Label("DHL", "0034")
    return dispatching.ship(order, {line: count}, label, actor="clerk", at=utc_now())


def test_the_page_says_how_far_the_goods_are(paid: Order, buyer: Buyer) -> None:
    assert "Thank you for your order" in page(buyer, paid)
    first = ship(paid, 1)
    partly = page(buyer, paid)
    assert "A part of your order is on its way" in partly
    assert "tracking-id=0034" in partly
    second = ship(paid, 1)
    assert "Your order is on its way" in page(buyer, paid)
    for parcel in (first, second):
        dispatching.mark_delivered(parcel, actor="clerk", at=utc_now())
    arrived = page(buyer, paid)
    assert "Your order has arrived" in arrived
    assert "You can withdraw from the contract until" in arrived


def test_what_is_collected_is_called_so(paid: Order, buyer: Buyer) -> None:
    Order.objects.update(is_pickup=True)
    paid.refresh_from_db()
    parcel = ship(paid, 2)
    assert "Your order is ready to collect" in page(buyer, paid)
    dispatching.mark_delivered(parcel, actor="clerk", at=utc_now())
    assert "You have collected your order" in page(buyer, paid)


def test_a_cancelled_order_says_why_and_what_becomes_of_the_money(
    paid: Order, buyer: Buyer
) -> None:
    cancelling.cancel(paid, "The print was damaged.", actor="clerk", at=utc_now())
    text = page(buyer, paid)
    for said in ("This order was cancelled", "The print was damaged.", "is given back to you"):
        assert said in text
    refunding.refund_everything(paid, key="k", actor="clerk", now=utc_now())
    refunded = page(buyer, paid)
    assert "is given back to you; you see it here" not in refunded
    assert "€54.90" in refunded
    assert "given back on" in refunded


def test_a_refund_that_failed_is_not_shown(paid: Order, buyer: Buyer) -> None:
    refunding.refund_everything(paid, key="k", actor="clerk", now=utc_now())
    assert 'id="refunds"' in page(buyer, paid)
    paid.refunds.update(state="failed")
    assert 'id="refunds"' not in page(buyer, paid)


def test_a_withdrawal_is_shown_with_its_state_and_the_way_to_it_goes_away(
    paid: Order, buyer: Buyer
) -> None:
    way = f'href="/orders/{paid.public_id}/withdrawal/"'
    assert way in page(buyer, paid)
    withdrawing.file(Statement(paid.number, "Ada", paid.email), at=utc_now())
    text = page(buyer, paid)
    assert "we are looking into it" in text
    assert "The whole order" in text
    assert way not in text


def test_a_paid_page_costs_few_queries_however_much_happened(
    paid: Order, buyer: Buyer, django_assert_max_num_queries: object
) -> None:
    for _ in range(2):
        ship(paid, 1)
    refunding.refund_everything(paid, key="k", actor="clerk", now=utc_now())
    with django_assert_max_num_queries(17):
        page(buyer, paid)
