"""Money: whole minor units, exact divisions, no float anywhere."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodega.lib.money import (
    CurrencyMismatch,
    Money,
    UnknownCurrency,
    decimals,
    share,
    split,
)

amounts = st.integers(1 - 10**15, 10**15 - 1)  # what `parse` reads
currencies = st.sampled_from(["EUR", "JPY", "KWD", "CLF", "RSD"])


def test_money_is_added_and_compared_within_a_currency() -> None:
    assert Money(1250, "EUR") + Money(50, "EUR") == Money(1300, "EUR")
    assert Money(1250, "EUR") - Money(50, "EUR") == Money(1200, "EUR")
    assert Money(3, "JPY") * 4 == Money(12, "JPY")
    assert -Money(3, "JPY") < Money(0, "JPY") <= Money(1, "JPY")
    assert Money(1, "EUR")
    assert not Money(0, "EUR")


def test_two_currencies_never_meet() -> None:
    with pytest.raises(CurrencyMismatch, match="EUR and JPY"):
        Money(1, "EUR") + Money(1, "JPY")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "EUR") < Money(2, "JPY")


@pytest.mark.parametrize("amount", [1.0, True, "1", Decimal(1)])
def test_only_whole_numbers_are_money(amount: object) -> None:
    with pytest.raises(TypeError, match="whole minor units"):
        Money(amount, "EUR")  # type: ignore[arg-type]  # that is what is refused


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "€", "XYZ"])
def test_only_iso_4217_codes_are_currencies(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, currency)


# Where CLDR's digits, made for cash, differ from ISO 4217's: CLDR has 0 for all of these.
@pytest.mark.parametrize(
    ("currency", "digits"),
    [("RSD", 2), ("ALL", 2), ("LBP", 2), ("MMK", 2), ("IQD", 3), ("MGA", 2)],
)
def test_digits_are_iso_4217s_and_not_those_of_cash(currency: str, digits: int) -> None:
    assert decimals(currency) == digits


@pytest.mark.parametrize(
    ("money", "language", "text"),
    [
        (Money(123456, "EUR"), "en", "€1,234.56"),
        (Money(123456, "EUR"), "de", "1.234,56\xa0€"),
        (Money(123456, "EUR"), "de-AT", "€\xa01.234,56"),
        (Money(500, "JPY"), "en_US", "¥500"),
        (Money(1, "KWD"), "en", "KWD\xa00.001"),
        (Money(1250, "RSD"), "en", "RSD\xa012.50"),
        (Money(-5, "EUR"), "en", "-€0.05"),
    ],
)
def test_money_is_written_as_people_of_the_language_write_it(
    money: Money, language: str, text: str
) -> None:
    assert money.display(language) == text


@given(amounts, currencies)
def test_what_is_written_in_major_units_is_read_back(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert Money.parse(f"{money.decimal:f}", currency) == money


def test_trailing_zeros_are_no_finer_amount() -> None:
    assert Money.parse(" 12.3400 ", "EUR") == Money(1234, "EUR")
    assert Money.parse("12", "JPY") == Money(12, "JPY")


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1,50", "1e5", "1e999999999", "nan", "inf", "1_0", "１２", "9" * 16, "1.", "-"],
)
def test_what_is_no_amount_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount of money"):
        Money.parse(text, "EUR")


@pytest.mark.parametrize(
    ("text", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), ("1.0001", "KWD")]
)
def test_what_is_finer_than_the_smallest_unit_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=f"smallest unit of {currency}"):
        Money.parse(text, currency)


def test_the_largest_amount_is_read_without_rounding() -> None:
    """30 digits would be more than the decimal context keeps; the limit is below that."""
    with pytest.raises(ValueError, match="finer"):
        Money.parse("999999999999999.999999999", "EUR")


@given(amounts, st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_the_parts_of_a_split_add_up_and_none_is_a_unit_off(
    amount: int, weights: list[int]
) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    assert len(parts) == len(weights)
    total = sum(weights)
    if total:
        # each part is within one unit of its exact share: |part − amount·weight/total| < 1
        assert all(
            abs(part * total - amount * weight) < total
            for part, weight in zip(parts, weights, strict=True)
        )


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.data())
def test_no_part_is_larger_than_its_weight(weights: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    assert all(
        0 <= part <= weight for part, weight in zip(split(amount, weights), weights, strict=True)
    )


def test_the_remainder_goes_to_the_largest_remainders_and_ties_to_the_first() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(10, [6, 5, 4]) == [4, 3, 3]
    assert split(-100, [1, 1, 1]) == [-34, -33, -33]


def test_splitting_over_nothing() -> None:
    assert split(0, []) == []
    assert split(7, [0, 0]) == [7, 0]
    with pytest.raises(ValueError, match="nothing to divide"):
        split(1, [])
    with pytest.raises(ValueError, match="negative"):
        split(1, [1, -1])


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "expected"),
    [(5, 1, 2, 3), (-5, 1, 2, -3), (5, -1, 2, -3), (4, 1, 3, 1), (5, 1, 3, 2), (0, 1, 3, 0)],
)
def test_a_share_is_rounded_half_away_from_zero(
    amount: int, numerator: int, denominator: int, expected: int
) -> None:
    assert share(amount, numerator, denominator) == expected


@given(amounts, st.integers(0, 2_000_000), st.integers(1, 2_000_000))
def test_a_share_is_the_nearest_whole_number(amount: int, numerator: int, denominator: int) -> None:
    result = share(amount, numerator, denominator)
    assert 2 * abs(result * denominator - amount * numerator) <= denominator
