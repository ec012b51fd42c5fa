"""Card testing: the one who tries cards is stopped, the others do not notice."""

from typing import Any

import pytest
from django.core.cache import cache

from bodega.catalog.models import Variant
from bodega.checkout import limiting
from bodega.orders.models import Order
from tests.till import Buyer, MemoryBank

SOMEBODY = "203.0.113.7"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


def checkouts(count: int, cart: str = "cart", address: str = SOMEBODY) -> int:
    """So many of them; how many were let through."""
    passed = 0
    for _ in range(count):
        try:
            limiting.refuse_too_many(cart, address)
            limiting.count(cart, address)
        except limiting.TooMany:
            continue
        passed += 1
    return passed


def test_a_cart_is_stopped_at_its_limit(settings: Any) -> None:
    settings.CHECKOUTS_PER_CART = 3
    assert checkouts(5, "one") == 3
    assert checkouts(5, "two") == 3


def test_an_address_is_stopped_whatever_cart_it_takes(settings: Any) -> None:
    settings.CHECKOUTS_PER_ADDRESS = 4
    assert sum(checkouts(1, f"cart-{n}") for n in range(10)) == 4
    assert checkouts(1, "cart", "203.0.113.8") == 1


def test_without_limits_nobody_is_stopped(settings: Any) -> None:
    settings.CHECKOUTS_PER_CART = settings.CHECKOUTS_PER_ADDRESS = 0
    assert checkouts(100) == 100


def test_those_at_once_are_counted_one_by_one(settings: Any) -> None:
    settings.CHECKOUTS_PER_CART = 1
    for _ in range(2):
        limiting.refuse_too_many("cart", SOMEBODY)  # both looked before either was counted
    limiting.count("cart", SOMEBODY)
    with pytest.raises(limiting.TooMany):
        limiting.count("cart", SOMEBODY)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (SOMEBODY, SOMEBODY),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_an_address_counts_as_the_network_of_one_customer(address: str, network: str) -> None:
    assert limiting.network_of(address) == network


def test_a_customer_above_the_limit_reads_why_and_keeps_what_was_typed(
    variant: Variant, bank: MemoryBank, settings: Any
) -> None:
    settings.CHECKOUTS_PER_ADDRESS = 1
    there = {"REMOTE_ADDR": SOMEBODY}
    first, second = Buyer.with_cart(variant), Buyer.with_cart(variant)
    assert first.client.post("/checkout/", first.form(), **there).status_code == 303
    refused = second.client.post("/checkout/", second.form() | {"note": "By the door"}, **there)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "600"
    assert "many payments in a short time" in refused.content.decode()
    assert "By the door" in refused.content.decode()
    assert Order.objects.count() == 1
    elsewhere = second.client.post("/checkout/", second.form(), REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 303


def test_correcting_a_form_does_not_count(
    variant: Variant, bank: MemoryBank, settings: Any
) -> None:
    settings.CHECKOUTS_PER_CART = 1
    buyer = Buyer.with_cart(variant)
    for _ in range(3):
        assert buyer.client.post("/checkout/", buyer.form() | {"city": ""}).status_code == 422
    assert buyer.order().status_code == 303
