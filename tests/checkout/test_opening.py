"""Checkout after a restart or restore: closed until the sweep, and nothing is lost by waiting."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import opening
from bodega.payments.models import Reconciliation
from tests.till import Buyer


@pytest.fixture
def closed(db: None, settings: Any) -> Iterator[Reconciliation]:
    """A restored volume, in a shop that takes money."""
    settings.FAKESTRIPE_URL = "http://127.0.0.1:9"
    opening.forget()
    now = utc_now()
    yield Reconciliation.objects.create(
        kind="opening", since=now - timedelta(days=1), started_at=now
    )
    opening.forget()


def test_the_page_says_that_it_opens_and_comes_back_by_itself(
    buyer: Buyer, closed: Reconciliation
) -> None:
    response = buyer.client.get("/checkout/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    page = response.content.decode()
    assert "Checkout opens in a moment" in page
    assert '<meta http-equiv="refresh" content="5">' in page
    assert "Dunes" not in page
    assert "Prints" in page  # the shop's own look


def test_a_form_posted_meanwhile_orders_nothing_and_keeps_what_was_typed(
    buyer: Buyer, settings: Any, closed: Reconciliation
) -> None:
    settings.FAKESTRIPE_URL = ""
    form = buyer.form() | {"note": "By the door"}
    opening.forget()
    settings.FAKESTRIPE_URL = "http://127.0.0.1:9"
    response = buyer.client.post("/checkout/", form)
    assert response.status_code == 503
    assert "By the door" in response.content.decode()
    assert not Order.objects.exists()


def test_catalogue_and_cart_stay_up(buyer: Buyer, closed: Reconciliation) -> None:
    for address in ("/", "/p/dunes/", "/cart/"):
        assert buyer.client.get(address).status_code == 200, address


def test_it_opens_with_the_sweep(buyer: Buyer, bank: Any, closed: Reconciliation) -> None:
    assert buyer.client.get("/checkout/").status_code == 503
    Reconciliation.objects.update(finished_at=utc_now())
    assert buyer.order().status_code == 303


def test_asking_costs_nothing_once_it_is_open(
    db: None, django_assert_num_queries: Any, settings: Any
) -> None:
    settings.FAKESTRIPE_URL = "http://127.0.0.1:9"
    opening.forget()
    assert opening.is_open(utc_now())
    with django_assert_num_queries(0):
        assert opening.is_open(utc_now())


def test_nobody_without_a_cart_is_kept(closed: Reconciliation) -> None:
    assert Client().get("/").status_code == 200
