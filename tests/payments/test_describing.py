"""What Stripe is told adds up to the order, whatever discounts and taxes do."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodega.orders.models import Order, OrderAddress, OrderLine
from bodega.payments import describing, units
from bodega.payments.models import Attempt
from bodega.taxes.amounts import Rate, totals
from tests.till import Buyer, MemoryBank

AMOUNTS = st.integers(0, 500_000)


def sum_of(items: list[dict[str, Any]]) -> int:
    return sum(item["quantity"] * item["price_data"]["unit_amount"] for item in items)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.tuples(AMOUNTS, st.integers(1, 9), st.integers(0, 100)), min_size=1, max_size=6
    ),
    shipping=AMOUNTS,
    ppm=st.integers(0, 250_000),
    inclusive=st.booleans(),
    currency=st.sampled_from(["EUR", "JPY", "ISK"]),
)
def test_the_lines_sent_are_the_total_exactly(
    lines: list[tuple[int, int, int]], shipping: int, ppm: int, inclusive: bool, currency: str
) -> None:
    rate = Rate("VAT", ppm)
    shares = [price * quantity * percent // 100 for price, quantity, percent in lines]
    sums = totals(
        [(price * quantity, rate) for price, quantity, _ in lines],
        shares,
        (shipping, None),
        inclusive=inclusive,
    )
    order = Order(
        currency=currency,
        prices_include_tax=inclusive,
        shipping=sums.shipping,
        tax=sums.tax,
        total=sums.total,
        shipping_method="Parcel",
    )
    frozen = [
        OrderLine(
            title="Print",
            sku="S",
            quantity=quantity,
            unit_price=price,
            subtotal=part.subtotal,
            discount=part.discount,
        )
        for (price, quantity, _), part in zip(lines, sums.lines, strict=True)
    ]
    items = list(describing.line_items(order, frozen))
    assert sum_of(items) == units.to_stripe(order.total, currency)


@pytest.mark.django_db(databases=["default", "queue"])
def test_session_and_intent_say_whose_payment_it_is(order: Order) -> None:
    params = describing.session_params(Attempt.objects.get())
    for told in (params["metadata"], params["payment_intent_data"]["metadata"]):
        assert told["order"] == params["client_reference_id"] == order.public_id
        assert told["number"] == order.number
        assert told["total"] == str(order.total)
        assert {"shop", "environment", "schema", "order_id", "attempt", "currency"} <= told.keys()
    line = params["line_items"][0]["price_data"]["product_data"]["metadata"]
    assert {"sku": "DUNES", "quantity": "2"}.items() <= line.items()
    assert line["variant"]


@pytest.mark.django_db(databases=["default", "queue"])
def test_the_same_attempt_is_described_in_the_same_words(order: Order) -> None:
    first, second = (describing.session_params(Attempt.objects.get()) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)


@pytest.mark.django_db(databases=["default", "queue"])
def test_the_longest_order_keeps_within_stripes_limits(buyer: Buyer, bank: MemoryBank) -> None:
    buyer.order()
    order = Order.objects.get()
    longest = {
        field.name: "x" * (field.max_length or 500)
        for field in Order._meta.fields
        if field.name in {"note", "phone", "shipping_method", "shipping_days", "discount_code"}
    }
    for name, text in longest.items():
        setattr(order, name, text)
    address = dict.fromkeys(describing.ADDRESS_FIELDS, "y" * 120)
    addresses = [OrderAddress(kind=kind, **address) for kind in OrderAddress.Kind.values]
    told = describing.names(order, Attempt.objects.get()) | describing.particulars(order, addresses)
    assert len(told) <= 50
    assert all(len(key) <= 40 and 0 < len(value) <= 500 for key, value in told.items())


@pytest.mark.django_db(databases=["default", "queue"])
def test_the_bank_learns_the_address_except_when_it_is_picked_up(order: Order) -> None:
    place = list(order.addresses.all())
    shipping = describing.shipping_for_the_bank(order, place)["shipping"]
    assert shipping["address"] == {
        "line1": "Torstr. 1",
        "postal_code": "10115",
        "city": "Berlin",
        "country": "DE",
    }
    order.is_pickup = True
    assert describing.shipping_for_the_bank(order, place) == {}


def test_a_discounted_line_travels_as_one_piece() -> None:
    order = Order(currency="EUR", prices_include_tax=True, shipping=0, tax=0)
    line = OrderLine(
        title="Dunes", sku="D", quantity=3, unit_price=1000, subtotal=3000, discount=100
    )
    (item,) = describing.line_items(order, [line])
    assert (item["quantity"], item["price_data"]["unit_amount"]) == (1, 2900)
    assert item["price_data"]["product_data"]["name"] == "3 × Dunes"
