"""What was agreed is written down once, and only if it adds up."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bodega.catalog.models import Variant
from bodega.merchant.models import Merchant
from bodega.orders.freezing import SumsDiffer, freeze
from bodega.orders.models import Order, OrderAddress, OrderEvent, OrderLine

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def draft(**changes: Any) -> Order:
    amounts = {"subtotal": 2000, "discount": 100, "shipping": 490, "tax": 382, "total": 2390}
    fields = {
        "checkout_key": "k",
        "email": "ada@example.com",
        "currency": "EUR",
        "prices_include_tax": True,
        "shipping_tax": 78,
        "placed_at": NOW,
    }
    return Order(**fields | amounts | changes)


def line(variant: Variant | None = None, **changes: Any) -> OrderLine:
    amounts = {"quantity": 2, "unit_price": 1000, "subtotal": 2000, "discount": 100, "tax": 304}
    return OrderLine(variant=variant, sku="A", title="Dunes", **amounts | changes)


def home() -> OrderAddress:
    return OrderAddress(name="Ada", street="Torstr. 1", city="Berlin", country="DE")


def test_an_order_gets_its_lines_addresses_number_and_first_entry(
    merchant: Merchant, variant: Variant
) -> None:
    order = freeze(draft(), [line(variant)], [home()], merchant=merchant)
    assert order.number == f"B-{1000 + order.pk}" == Order.objects.get().number
    assert order.lines.get().total == 1900
    assert order.addresses.get().city == "Berlin"
    event = OrderEvent.objects.get()
    assert (event.kind, event.is_public, event.at) == ("placed", True, NOW)


def test_numbers_follow_the_merchants_prefix_and_never_repeat(merchant: Merchant) -> None:
    merchant.order_prefix = "P/"
    numbers = [
        freeze(draft(checkout_key=key), [line()], [], merchant=merchant).number for key in "ab"
    ]
    assert len(set(numbers)) == 2
    assert all(number.startswith("P/1") for number in numbers)


def test_an_order_that_has_a_number_keeps_it(merchant: Merchant) -> None:
    order = freeze(draft(number="B-7777"), [line()], [], merchant=merchant)
    assert order.number == "B-7777"


@pytest.mark.parametrize(
    "amount", ["subtotal", "discount", "shipping", "shipping_tax", "tax", "total"]
)
def test_an_order_that_does_not_add_up_is_not_written(merchant: Merchant, amount: str) -> None:
    wrong = draft()
    setattr(wrong, amount, getattr(wrong, amount) + 1)
    with pytest.raises(SumsDiffer):
        freeze(wrong, [line()], [home()], merchant=merchant)
    assert not Order.objects.exists()


def test_a_line_that_is_not_price_times_quantity_is_not_written(merchant: Merchant) -> None:
    with pytest.raises(SumsDiffer, match="price times its quantity"):
        freeze(draft(), [line(quantity=3)], [], merchant=merchant)


def test_tax_on_top_is_part_of_the_total(merchant: Merchant) -> None:
    order = freeze(
        draft(prices_include_tax=False, total=2390 + 382), [line()], [], merchant=merchant
    )
    assert order.added_tax == 382
    with pytest.raises(SumsDiffer):
        freeze(draft(checkout_key="b", prices_include_tax=False), [line()], [], merchant=merchant)
