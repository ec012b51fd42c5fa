"""The arithmetic of an order: exact to the last minor unit, whatever is in it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodega.taxes.amounts import NO_TAX, Rate, Totals, added, contained, totals

VAT_19, VAT_7 = Rate("VAT", 190_000), Rate("VAT", 70_000)

rates = st.sampled_from([VAT_19, VAT_7, NO_TAX, Rate("Sales tax", 88_750), Rate("all", 1_000_000)])
# A minor unit is a minor unit: one yen, a cent or a thousandth of a dinar; so prices go from 0 up.
prices = st.one_of(st.integers(0, 20), st.integers(0, 10**9))


@st.composite
def orders(draw: st.DrawFn) -> Totals:
    """Any mixture of rates; line discounts from nothing to everything; shipping of either kind."""
    lines = draw(st.lists(st.tuples(prices, rates), max_size=12))
    discounts = [draw(st.one_of(st.just(amount), st.integers(0, amount))) for amount, _ in lines]
    shipping = draw(st.tuples(prices, st.one_of(st.none(), rates)))
    return totals(lines, discounts, shipping, inclusive=draw(st.booleans()))


@given(orders())
def test_the_total_is_goods_minus_discount_plus_shipping_plus_tax_on_top(order: Totals) -> None:
    on_top = 0 if order.prices_include_tax else order.tax
    assert order.total == order.subtotal - order.discount + order.shipping + on_top
    assert order.total == sum(line.total for line in order.lines) + order.shipping + on_top


@given(orders())
def test_the_summary_adds_up_to_the_order(order: Totals) -> None:
    assert sum(row.gross for row in order.summary) == order.total
    assert sum(row.tax for row in order.summary) == order.tax
    assert len({row.rate for row in order.summary}) == len(order.summary)


@given(orders())
def test_no_amount_is_negative(order: Totals) -> None:
    assert min(order.subtotal, order.discount, order.shipping, order.shipping_tax) >= 0
    assert min(order.tax, order.total) >= 0
    assert all(min(row.net, row.tax) >= 0 for row in order.summary)


@given(orders())
def test_each_tax_is_within_half_a_unit_of_the_exact_one(order: Totals) -> None:
    for part in (*order.lines, *order.shipping_parts):
        base = 1_000_000 + part.rate.ppm if order.prices_include_tax else 1_000_000
        assert abs(part.tax - Fraction(part.total * part.rate.ppm, base)) <= Fraction(1, 2)


@given(prices, st.lists(st.tuples(prices, rates), min_size=1), st.booleans())
def test_shipping_is_divided_exactly_over_the_goods_rates(
    price: int, lines: list[tuple[int, Rate]], inclusive: bool
) -> None:
    order = totals(lines, [0] * len(lines), (price, None), inclusive=inclusive)
    assert order.shipping == price
    assert {part.rate for part in order.shipping_parts} == {rate for _, rate in lines}
    goods = order.subtotal
    for part in order.shipping_parts:
        of_rate = sum(amount for amount, rate in lines if rate == part.rate)
        assert not goods or abs(part.total * goods - price * of_rate) < goods


@given(st.integers(0, 10**12), st.integers(0, 1_000_000))
def test_tax_taken_out_of_a_gross_price_is_the_tax_added_to_its_net(net: int, ppm: int) -> None:
    gross = net + added(net, ppm)
    assert contained(gross, ppm) == added(net, ppm)


def test_halves_are_rounded_away_from_zero() -> None:
    assert added(50, 10_000) == 1  # exactly one half
    assert added(49, 10_000) == 0
    assert contained(3, 1_000_000) == 2  # exactly one and a half


def test_an_invoice_with_two_rates_and_shipping_as_the_goods() -> None:
    order = totals([(11900, VAT_19), (10700, VAT_7)], [1190, 0], (490, None), inclusive=True)
    assert [line.tax for line in order.lines] == [1710, 700]
    # 490 over 10710 and 10700 of goods: 245.11 and 244.89
    assert [(part.total, part.tax) for part in order.shipping_parts] == [(245, 39), (245, 16)]
    assert [(str(row.rate), row.net, row.tax, row.gross) for row in order.summary] == [
        ("VAT 19 %", 9206, 1749, 10955),
        ("VAT 7 %", 10229, 716, 10945),
    ]
    assert (order.subtotal, order.discount, order.shipping, order.total) == (
        22600,
        1190,
        490,
        21900,
    )


def test_the_same_order_with_tax_on_top() -> None:
    order = totals([(10000, VAT_19), (10000, VAT_7)], [1000, 0], (490, VAT_19), inclusive=False)
    assert [line.tax for line in order.lines] == [1710, 700]
    assert order.shipping_tax == 93
    assert order.tax == 2503
    assert order.total == 9000 + 10000 + 490 + 2503


def test_shipping_with_a_class_of_its_own_is_not_divided() -> None:
    order = totals([(10000, VAT_7)], [0], (490, VAT_19), inclusive=True)
    assert [(part.rate, part.tax) for part in order.shipping_parts] == [(VAT_19, 78)]


def test_shipping_of_goods_that_are_all_free_follows_their_prices() -> None:
    order = totals([(300, VAT_19), (100, VAT_7)], [300, 100], (400, None), inclusive=True)
    assert [part.total for part in order.shipping_parts] == [300, 100]
    assert order.total == 400


def test_an_empty_order_costs_nothing() -> None:
    order = totals([], [], (0, None), inclusive=True)
    assert (order.total, order.tax, order.summary) == (0, 0, ())


@pytest.mark.parametrize(
    ("amount", "discount", "shipping"), [(100, 101, 0), (100, -1, 0), (-1, 0, 0), (100, 0, -1)]
)
def test_what_would_make_a_negative_amount_is_refused(
    amount: int, discount: int, shipping: int
) -> None:
    with pytest.raises(ValueError, match="cannot be taken off"):
        totals([(amount, VAT_19)], [discount], (shipping, VAT_19), inclusive=True)


def test_every_line_needs_its_share() -> None:
    with pytest.raises(ValueError, match="zip"):
        totals([(100, VAT_19), (100, VAT_19)], [0], (0, None), inclusive=True)
