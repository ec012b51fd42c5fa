"""Rates by class, country and region."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries

from bodega.taxes.amounts import NO_TAX, Rate
from bodega.taxes.models import TaxClass, TaxRate
from bodega.taxes.rates import rate_for, rates_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates() -> None:
    standard = TaxClass.objects.create(code="standard", name="Standard")
    reduced = TaxClass.objects.create(code="reduced", name="Reduced")
    for tax_class, country, region, name, ppm in [
        (standard, "DE", "", "VAT", 190_000),
        (reduced, "DE", "", "VAT", 70_000),
        (standard, "ES", "", "IVA", 210_000),
        (standard, "ES", "Islas Canarias", "IGIC", 70_000),
        (standard, "US", "Québec", "made up", 1),
    ]:
        TaxRate.objects.create(
            tax_class=tax_class, country=country, region=region, name=name, ppm=ppm
        )


def test_a_class_has_its_countrys_rate() -> None:
    assert rate_for("standard", "DE") == Rate("VAT", 190_000)
    assert rate_for("reduced", "DE", "Bayern") == Rate("VAT", 70_000)


def test_a_regions_own_rate_wins() -> None:
    assert rate_for("standard", "ES", "Islas Canarias") == Rate("IGIC", 70_000)
    assert rate_for("standard", "ES", "Madrid") == Rate("IVA", 210_000)
    assert rate_for("standard", "ES") == Rate("IVA", 210_000)


def test_regions_are_compared_as_people_type_them() -> None:
    assert rate_for("standard", "ES", " islas CANARIAS ").name == "IGIC"
    assert rate_for("standard", "US", "quebec").ppm == 1


@pytest.mark.parametrize(
    ("tax_class", "country", "region"),
    [
        ("reduced", "ES", ""),
        ("luxury", "DE", ""),
        ("standard", "CH", ""),
        ("standard", "US", "Ohio"),
    ],
)
def test_where_no_rate_is_known_nothing_is_taxed(tax_class: str, country: str, region: str) -> None:
    assert rate_for(tax_class, country, region) == NO_TAX


def test_the_rates_of_a_whole_cart_are_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        rates = rates_for(["standard", "reduced", "standard", "luxury"], "de")
    assert rates == {
        "standard": Rate("VAT", 190_000),
        "reduced": Rate("VAT", 70_000),
        "luxury": NO_TAX,
    }


def test_a_rate_above_100_percent_is_refused_as_a_slip() -> None:
    rate = TaxRate(tax_class=TaxClass.objects.all()[0], country="FR", ppm=20_000_000)
    with pytest.raises(ValidationError, match="at most 100 %"):
        rate.full_clean()


def test_a_rate_is_written_without_needless_zeros() -> None:
    written = [str(rate) for rate in TaxRate.objects.filter(country__in=["DE", "US"])]
    assert sorted(written) == ["VAT 19 % (DE)", "VAT 7 % (DE)", "made up 0.0001 % (US Québec)"]
    assert str(Rate("Sales tax", 88_750)) == "Sales tax 8.875 %"
    assert str(Rate("VAT", 1_000_000)) == "VAT 100 %"
