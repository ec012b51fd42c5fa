"""What an address needs where."""

import pytest

from bodega.checkout.addresses import RULES, everywhere, postcode_problem, rules_for


@pytest.mark.parametrize("country", [code for code, rules in RULES.items() if rules.postcode])
def test_every_example_fits_its_own_rule(country: str) -> None:
    assert postcode_problem(country, RULES[country].example) == ""


@pytest.mark.parametrize(
    ("country", "good"),
    [
        ("GB", "ec1a 1bb"),
        ("GB", "M11AE"),
        ("NL", "1012ab"),
        ("PL", "00001"),
        ("US", "94103-1234"),
        ("CA", "k1a0b1"),
        ("IE", "D02 AF30"),
        ("AE", ""),
        ("XX", "whatever"),
    ],
)
def test_postcodes_as_people_write_them(country: str, good: str) -> None:
    assert postcode_problem(country, good) == ""


@pytest.mark.parametrize(
    ("country", "bad"),
    [
        ("DE", "1011"),
        ("DE", "101155"),
        ("DE", "1０115"),
        ("GB", "12345"),
        ("US", "9410"),
        ("CA", "KKK 000"),
    ],
)
def test_postcodes_that_cannot_be_right(country: str, bad: str) -> None:
    assert "it looks like" in postcode_problem(country, bad)


def test_states_and_provinces_are_asked_for_where_they_are_needed() -> None:
    assert rules_for("US").needs_region
    assert len(rules_for("US").region_choices) == 52, "50 states, DC and Puerto Rico"
    assert len(rules_for("CA").region_choices) == 13
    assert len(rules_for("AU").region_choices) == 8
    assert not rules_for("DE").region_label
    assert not rules_for("ZW").needs_postcode


def test_an_invoice_may_go_anywhere_in_the_language_of_the_shop() -> None:
    countries = dict(everywhere("de"))
    assert countries["DE"] == "Deutschland"
    assert len(countries) > 240
    assert "EU" not in countries
    names = [name for _, name in everywhere("en")]
    assert names.index("Åland Islands") < names.index("Albania")
