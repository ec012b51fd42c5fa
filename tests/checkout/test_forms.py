"""What is asked depends on the country."""

from typing import Any

import pytest

from bodega.checkout.forms import CheckoutForm
from bodega.shipping.quotes import Quote
from tests.till import ADDRESS

PLACES = [("DE", "Germany"), ("US", "United States"), ("IE", "Ireland")]


def quote(number: int = 1) -> Quote:
    return Quote(number, f"Method {number}", "", 490, 1, 2, "", False)


def form(country: str = "DE", quotes: int = 1, **changes: Any) -> CheckoutForm:
    data = ADDRESS | {"country": country, "method": "1"} | changes
    return CheckoutForm(
        {key: value for key, value in data.items() if value is not None},
        served=PLACES,
        everywhere=PLACES,
        country=country,
        quotes=[quote(number + 1) for number in range(quotes)],
    )


def labels(made: CheckoutForm) -> list[str]:
    return [str(field.label) for field in made.shipping_fields()]


def test_a_complete_form_is_valid_and_gives_the_address() -> None:
    made = form()
    assert made.is_valid(), made.errors
    (address,) = made.addresses()
    assert (address.kind, address.name, address.country) == ("shipping", "Ada Lovelace", "DE")


@pytest.mark.parametrize(
    ("country", "asked", "not_asked"),
    [
        ("DE", "Postcode", "State"),
        ("US", "ZIP code", "Postcode"),
        ("US", "State", "Province"),
        ("IE", "Eircode", "ZIP code"),
    ],
)
def test_fields_are_called_as_people_there_call_them(
    country: str, asked: str, not_asked: str
) -> None:
    assert asked in labels(form(country))
    assert not_asked not in labels(form(country))


def test_a_postcode_is_not_asked_of_those_who_have_none() -> None:
    assert form("IE", postcode="").is_valid()
    assert not form("DE", postcode="").is_valid()


def test_a_state_must_be_one_of_the_states() -> None:
    american = {"country": "US", "postcode": "94103"}
    assert form(**american, region="CA").is_valid()
    assert not form(**american, region="XX").is_valid()
    assert not form(**american).is_valid()


def test_the_invoices_address_has_its_own_countrys_rules() -> None:
    own = {f"billing_{key}": value for key, value in ADDRESS.items() if key != "email"}
    made = form(billing_same=None, **own | {"billing_country": "US", "billing_postcode": "1"})
    assert not made.is_valid()
    assert {"billing_postcode", "billing_region"} <= made.errors.keys()
    made = form(billing_same=None, **own)
    assert made.is_valid(), made.errors
    assert [address.kind for address in made.addresses()] == ["shipping", "billing"]


def test_the_invoices_fields_do_not_matter_when_it_goes_to_the_same_address() -> None:
    assert form(billing_postcode="nonsense", billing_name="").is_valid()


def test_the_only_method_needs_no_choice_and_of_several_one_is_taken() -> None:
    single = form(quotes=1, method=None)
    assert single.is_valid()
    assert single.cleaned_data["method"] == 1
    assert not form(quotes=2, method=None).is_valid()
    assert form(quotes=2, method="2").is_valid()
    assert not form(quotes=2, method="3").is_valid()


def test_a_place_nothing_goes_to_is_said_above_the_form() -> None:
    made = form(quotes=0, method=None)
    assert not made.is_valid()
    assert "no way to send" in str(made.non_field_errors())


def test_errors_can_be_kept_back_while_the_customer_is_still_filling_in() -> None:
    made = form(name="", code="NOPE")
    made.add_error("code", "We do not know it.")
    made.keep_only("code")
    assert set(made.errors) == {"code"}
    assert set(form(name="").errors) == {"name"}


def test_no_gap_is_answered_with_a_form_letter() -> None:
    """Every field that must be filled in has a sentence of its own."""
    for country in ("DE", "US", "JP", "IE"):
        form = CheckoutForm(
            {}, served=[(country, country)], everywhere=[(country, country)], country=country
        )
        said = {error for errors in form.errors.values() for error in errors}
        assert said
        assert "This field is required." not in said
