import pytest

from fakestripe.errors import ApiError
from fakestripe.money import LARGEST_CHARGE, check_coins, check_currency, check_total, display


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (123456, "eur", "€1,234.56"),
        (5, "usd", "$0.05"),
        (500, "jpy", "¥500"),
        (12340, "kwd", "12.340 KWD"),
        (-150, "chf", "-1.50 CHF"),
    ],
)
def test_an_amount_shows_its_decimals(amount: int, currency: str, shown: str) -> None:
    assert display(amount, currency) == shown


@pytest.mark.parametrize(
    ("amount", "currency"), [(50, "eur"), (30, "gbp"), (50, "jpy"), (500, "kwd"), (17500, "huf")]
)
def test_the_smallest_charge_is_taken_and_one_less_is_not(amount: int, currency: str) -> None:
    check_total(amount, currency)
    with pytest.raises(ApiError) as caught:
        check_total(amount - 10, currency)
    assert caught.value.error["code"] == "amount_too_small"


def test_the_largest_charge_is_taken_and_one_more_is_not() -> None:
    check_total(LARGEST_CHARGE, "eur")
    with pytest.raises(ApiError) as caught:
        check_total(LARGEST_CHARGE + 1, "eur")
    assert caught.value.error["code"] == "amount_too_large"


def test_a_three_decimal_amount_ends_in_zero() -> None:
    check_coins(1230, "kwd", "amount")
    check_coins(1234, "eur", "amount")
    with pytest.raises(ApiError, match="multiple of 10"):
        check_coins(1234, "kwd", "amount")


@pytest.mark.parametrize("code", ["eu", "euro", "e1r", "ÄÖÜ"])
def test_a_currency_is_three_letters(code: str) -> None:
    assert check_currency("EUR", "currency") == "eur"
    with pytest.raises(ApiError, match="Invalid currency"):
        check_currency(code, "currency")
