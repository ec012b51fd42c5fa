"""What sending costs: bands, free from, free by code, pickup, places not served."""

import pytest
from pytest_django import DjangoAssertNumQueries

from bodega.shipping.models import Method, Zone, ZoneCountry
from bodega.shipping.quotes import Quote, quotes, served_countries
from tests.shipping.conftest import MakeMethod

WEIGHT, PRICE, PICKUP = Method.Basis.WEIGHT, Method.Basis.PRICE, Method.Basis.PICKUP


def prices(
    country: str = "DE", weight: int = 0, value: int = 0, *, free: bool = False
) -> list[int]:
    return [quote.price for quote in quotes(country, weight, value, free=free)]


def test_a_flat_method_has_one_price(make_method: MakeMethod) -> None:
    method = make_method([(0, None, 490)], description="DHL", min_days=2, max_days=4)
    assert quotes("DE", 99_999, 1) == [
        Quote(method.pk, "Parcel", "DHL", 490, 2, 4, tax_class="", is_pickup=False)
    ]


@pytest.mark.parametrize(
    ("weight", "expected"), [(0, [390]), (1000, [390]), (1001, [690]), (5000, [690]), (5001, [])]
)
def test_both_ends_of_a_weight_band_are_inside(
    make_method: MakeMethod, weight: int, expected: list[int]
) -> None:
    make_method([(0, 1000, 390), (1001, 5000, 690)], basis=WEIGHT)
    assert prices(weight=weight, value=10**9) == expected


@pytest.mark.parametrize(("value", "expected"), [(0, [900]), (4999, [900]), (5000, [0])])
def test_price_bands_look_at_the_goods_value(
    make_method: MakeMethod, value: int, expected: list[int]
) -> None:
    make_method([(0, 4999, 900), (5000, None, 0)], basis=PRICE)
    assert prices(weight=10**6, value=value) == expected


@pytest.mark.parametrize(("value", "expected"), [(9999, [490]), (10000, [0]), (10001, [0])])
def test_free_from_a_value_includes_the_value(
    make_method: MakeMethod, value: int, expected: list[int]
) -> None:
    make_method([(0, None, 490)], free_over=10_000)
    assert prices(value=value) == expected


def test_what_is_too_heavy_is_not_sent_even_for_free(make_method: MakeMethod) -> None:
    make_method([(0, 1000, 490)], basis=WEIGHT, free_over=1)
    assert prices(weight=1001, value=100) == []
    assert prices(weight=1001, value=100, free=True) == []


def test_a_codes_free_shipping_makes_every_method_free(make_method: MakeMethod) -> None:
    make_method([(0, None, 490)])
    make_method([(0, None, 1990)], name="Express")
    assert prices(free=True) == [0, 0]
    assert prices() == [490, 1990]


def test_pickup_is_free_without_a_band_and_has_its_price_with_one(make_method: MakeMethod) -> None:
    make_method([], name="In the shop", basis=PICKUP)
    make_method([(0, None, 100)], name="At the locker", basis=PICKUP)
    assert [(quote.price, quote.is_pickup) for quote in quotes("DE", 0, 0)] == [
        (0, True),
        (100, True),
    ]


def test_a_flat_method_without_a_price_is_not_offered(make_method: MakeMethod) -> None:
    make_method([])
    assert prices() == []


def test_a_method_that_is_switched_off_is_not_offered(make_method: MakeMethod) -> None:
    make_method([(0, None, 490)], is_active=False)
    assert prices() == []
    assert served_countries() == []


def test_a_country_that_is_not_served_has_no_quotes(make_method: MakeMethod) -> None:
    make_method([(0, None, 490)])
    assert prices("FR") == prices("") == prices("not a country") == []


def test_methods_come_in_the_merchants_order(make_method: MakeMethod) -> None:
    make_method([(0, None, 1)], position=2)
    make_method([(0, None, 2)], position=1)
    make_method([(0, None, 3)], position=1)
    assert prices() == [2, 3, 1]


def test_of_overlapping_bands_the_one_that_starts_last_holds(make_method: MakeMethod) -> None:
    make_method([(0, None, 490), (1000, 2000, 690)], basis=WEIGHT)
    assert prices(weight=1000) == [690]
    assert prices(weight=2001) == [490]


def test_served_countries_have_an_active_method_and_come_once(make_method: MakeMethod) -> None:
    for country in ["NL", "AT", "NL"]:
        make_method([(0, None, 490)], country=country)
    ZoneCountry.objects.create(zone=Zone.objects.create(name="no method"), country="FR")
    assert served_countries() == ["AT", "NL"]


def test_any_number_of_methods_costs_two_queries(
    make_method: MakeMethod, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        make_method([(0, 10, number), (11, None, number)], basis=WEIGHT)
    with django_assert_num_queries(2):
        assert len(quotes("DE", 5, 5)) == 5


@pytest.mark.parametrize(
    ("days", "text"), [((2, 4), "2–4"), ((1, 1), "1"), ((0, 0), ""), ((0, 2), "0–2")]
)
def test_days_are_written_as_a_span(days: tuple[int, int], text: str) -> None:
    assert Quote(1, "", "", 0, *days, tax_class="", is_pickup=False).days == text
