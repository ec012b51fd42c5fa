"""Facets count what would be shown, and say so for all wishes at once."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bodega.catalog import facets, listing, offers
from bodega.catalog.models import Attribute, Product
from bodega.catalog.wishes import Wishes
from bodega.merchant.models import Merchant
from tests.catalog.conftest import MakeProduct, MakeVariant

pytestmark = pytest.mark.django_db
EVERYTHING = offers.Selection("SELECT id, id AS place FROM catalog_product")


@pytest.fixture
def prints(make_product: MakeProduct, make_variant: MakeVariant) -> None:
    make_product("A", 1000, style="Abstract", colour="Blue")
    make_product("B", 2000, style="Abstract", colour="Red")
    make_product("C", 3000, style="Geometric", colour="Blue", on_hand=0)
    make_variant(make_product("D", 4000, style="Nude"), 9000)
    make_product("Draft", 1, status="draft", style="Abstract")
    make_product("Nothing to buy", None, style="Abstract")


def counts(**wishes: object) -> dict[str, int]:
    """The counts of all values, and under "" the total."""
    found = survey(**wishes)
    values = {value.slug: value.count for facet in found.facets for value in facet.values}
    return {"": found.total, **values}


def survey(**wishes: object) -> facets.Survey:
    return facets.survey(EVERYTHING, Wishes(**wishes))  # type: ignore[arg-type]  # by keyword


def shown(wishes: Wishes) -> int:
    """How many cards there are."""
    return len(listing.show(listing.Scope(EVERYTHING), wishes, Merchant.current()).cards)


def values(**chosen: str) -> dict[str, frozenset[str]]:
    return {code: frozenset(slugs.split()) for code, slugs in chosen.items()}


def test_without_wishes_everything_on_offer_is_counted(prints: None) -> None:
    assert counts() == {"": 4, "abstract": 2, "geometric": 1, "nude": 1, "blue": 2, "red": 1}


def test_a_second_value_of_an_attribute_widens_another_attribute_narrows(prints: None) -> None:
    assert counts(values=values(style="abstract")) == {
        "": 2, "abstract": 2, "geometric": 1, "nude": 1, "blue": 1, "red": 1,
    }  # fmt: skip
    assert counts(values=values(style="abstract geometric"))[""] == 3
    assert counts(values=values(style="abstract", colour="blue")) == {
        "": 1, "abstract": 1, "geometric": 1, "blue": 1, "red": 1,
    }  # fmt: skip


def test_prices_narrow_by_any_variant(prints: None) -> None:
    assert counts(low=2000, high=4000)[""] == 3
    assert counts(low=8000)[""] == 1
    assert counts(low=5000, high=6000)[""] == 0


def test_the_range_of_prices_can_be_widened_again(prints: None) -> None:
    found = survey(low=2000, high=2500)
    assert (found.total, found.lowest, found.highest) == (1, 1000, 9000)
    found = survey(values=values(colour="blue"))
    assert (found.lowest, found.highest) == (1000, 3000)


def test_sold_out_products_are_counted_apart(prints: None) -> None:
    assert survey().in_stock == 3
    found = survey(in_stock=True)
    assert (found.total, found.in_stock) == (3, 3)
    assert counts(in_stock=True)["blue"] == 1


def test_what_was_ticked_in_vain_is_shown_so_that_it_can_be_unticked(prints: None) -> None:
    found = survey(values=values(style="baroque", nonsense="x-y"))
    ticked = {(f.name, v.label, v.count) for f in found.facets for v in f.values if v.is_chosen}
    assert ticked == {("Style", "Baroque", 0), ("Nonsense", "X y", 0)}
    assert found.total == 0


def test_attributes_that_are_no_facets_stay_out(prints: None) -> None:
    Attribute.objects.filter(code="colour").update(is_facet=False)
    assert [facet.code for facet in survey().facets] == ["style"]


def test_a_single_value_offers_no_choice(make_product: MakeProduct) -> None:
    make_product("A", style="Abstract")
    assert survey().facets == []


def test_facets_come_in_the_merchants_order(prints: None) -> None:
    Attribute.objects.filter(code="style").update(position=9)
    assert [facet.code for facet in survey().facets] == ["colour", "style"]


def test_an_empty_shop_has_nothing(shop: Merchant) -> None:
    assert survey() == facets.Survey(0, 0, None, None, [])


STYLES, COLOURS = ("abstract", "geometric", "nude"), ("blue", "red")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    styles=st.frozensets(st.sampled_from(STYLES)),
    colours=st.frozensets(st.sampled_from(COLOURS)),
    low=st.none() | st.sampled_from([0, 1500, 3000, 9000]),
    high=st.none() | st.sampled_from([1000, 2500, 4000]),
    in_stock=st.booleans(),
)
def test_every_count_is_what_ticking_shows(
    styles: frozenset[str],
    colours: frozenset[str],
    low: int | None,
    high: int | None,
    in_stock: bool,
    prints: None,
) -> None:
    chosen = {code: s for code, s in (("style", styles), ("colour", colours)) if s}
    wishes = Wishes(values=chosen, low=low, high=high, in_stock=in_stock)
    found = facets.survey(EVERYTHING, wishes)
    assert found.total == shown(wishes)
    for facet in found.facets:
        for value in facet.values:
            alone = {**chosen, facet.code: frozenset({value.slug})}
            ticked = Wishes(values=alone, low=low, high=high, in_stock=in_stock)
            assert value.count == shown(ticked)
    assert Product.objects.count() == 6
