import pytest
from django import forms

from bodega.backoffice.editing import MoneyField, PercentField
from bodega.merchant.models import Merchant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("currency", "text", "amount"),
    [("EUR", "12.50", 1250), ("EUR", "12,5", 1250), ("JPY", "500", 500), ("KWD", "1.234", 1234)],
)
def test_money_is_typed_as_people_write_it(currency: str, text: str, amount: int) -> None:
    Merchant.objects.update_or_create(pk=1, defaults={"currency": currency})
    assert MoneyField().clean(text) == amount


def test_money_is_shown_in_major_units_and_a_mistyped_one_comes_back_as_typed() -> None:
    assert MoneyField().prepare_value(2950) == "29.50"
    assert MoneyField().prepare_value("abc") == "abc"


@pytest.mark.parametrize("text", ["abc", "-1", "1.234", "99999999999", "NaN", "1e999"])
def test_what_is_no_amount_gets_a_sentence(text: str) -> None:
    with pytest.raises(forms.ValidationError):
        MoneyField().clean(text)


@pytest.mark.parametrize(
    ("text", "ppm"), [("19", 190_000), ("8.875 %", 88_750), ("0", 0), ("7,7", 77_000)]
)
def test_a_rate_is_typed_in_percent(text: str, ppm: int) -> None:
    assert PercentField().clean(text) == ppm
    assert PercentField().clean(str(PercentField().prepare_value(ppm))) == ppm


@pytest.mark.parametrize("text", ["", "x", "-1", "101", "1.00001", "inf"])
def test_what_is_no_rate_gets_a_sentence(text: str) -> None:
    with pytest.raises(forms.ValidationError):
        PercentField().clean(text)


def test_an_unchanged_amount_is_no_change() -> None:
    assert not MoneyField().has_changed(1250, "12.5")
    assert MoneyField().has_changed(1250, "12.51")
    assert MoneyField().has_changed(1250, "twelve")
