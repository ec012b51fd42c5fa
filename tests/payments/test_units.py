"""Stripe's way of counting, and ours."""

import pytest

from bodega.payments.units import NotRepresentable, coin, from_stripe, stripe_decimals, to_stripe


@pytest.mark.parametrize(
    ("amount", "currency", "sent"),
    [
        (1234, "EUR", 1234),
        (1234, "JPY", 1234),
        (1230, "KWD", 1230),
        (1234, "ISK", 123400),
        (5, "UGX", 500),
        (700, "MGA", 7),
    ],
)
def test_amounts_are_said_in_stripes_units_and_read_back(
    amount: int, currency: str, sent: int
) -> None:
    assert to_stripe(amount, currency) == sent
    assert from_stripe(sent, currency) == amount


def test_what_cannot_be_said_exactly_is_refused_not_rounded() -> None:
    with pytest.raises(NotRepresentable):
        from_stripe(12345, "ISK")
    with pytest.raises(NotRepresentable):
        to_stripe(701, "MGA")


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("KRW", 0), ("BHD", 3), ("HUF", 2)])
def test_the_digits_are_those_of_stripes_lists(currency: str, digits: int) -> None:
    assert stripe_decimals(currency) == digits


@pytest.mark.parametrize(
    ("currency", "smallest"), [("EUR", 1), ("JPY", 1), ("ISK", 1), ("KWD", 10), ("MGA", 100)]
)
def test_the_smallest_coin_is_what_stripe_can_move(currency: str, smallest: int) -> None:
    assert coin(currency) == smallest
    to_stripe(smallest, currency)
