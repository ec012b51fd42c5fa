"""The order's own page."""

from datetime import timedelta

import pytest
from django.db import transaction

from bodega.lib.clock import utc_now
from bodega.orders import expiring, paying, timeline, views
from bodega.orders.models import Order
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
