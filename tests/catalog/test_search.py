"""Search finds what people mean, in a sensible order, whatever they type."""

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bodega.catalog.models import Category, Product
from bodega.catalog.search import search, similar, split, suggest
from tests.catalog.conftest import MakeProduct

pytestmark = pytest.mark.django_db

NASTY = [
    "", " ", '"', "''", '"""', "*", "dunes*", "-dunes", "title:dunes", "dunes AND", "OR", "NEAR(a b)",
    "^", "{title}", "(", ")", "dunes) OR (1=1", "'; DROP TABLE catalog_product; --", "%", "_", "\\",
    "\x00", "du\x00nes", "🌊", "👩‍👩‍👧", "\ud800", "ﬁ", "é" * 300, "dunes " * 2000, "a", "²", "߷", "१२३",
]  # fmt: skip


def titles(query: str) -> list[str]:
    names = dict(Product.objects.values_list("pk", "title"))
    return [names[pk] for pk in search(query)]


@pytest.mark.parametrize(
    "query",
    [
        "café",
        "CAFE",
        "cafe",
        "Café",
        "caf",
        "cafe nuit",
        "NUIT café",
        "cafe\u0301",
        "van gogh",
        "gogh",
        "bp-7",
    ],
)
def test_case_accents_order_and_beginnings_do_not_matter(
    query: str, make_product: MakeProduct
) -> None:
    product = make_product("Café de nuit", subtitle="Vincent van Gogh")
    product.variants.update(sku="BP-7")
    make_product("Dunes")
    assert titles(query) == ["Café de nuit"]


def test_every_word_must_be_there(make_product: MakeProduct) -> None:
    make_product("Blue dunes")
    make_product("Blue sea")
    assert titles("blue sea") == ["Blue sea"]
    assert titles("blue mountain") == []


def test_titles_before_subtitles_before_attributes_before_descriptions(
    make_product: MakeProduct,
) -> None:
    make_product("D", description="storm " * 12)
    make_product("C", mood="Storm")
    make_product("B", subtitle="Storm")
    make_product("Storm")
    assert titles("storm") == ["Storm", "B", "C", "D"]


def test_parts_of_words_come_after_their_beginnings(make_product: MakeProduct) -> None:
    make_product("Sunflowers")
    make_product("Flower field")
    assert titles("flower") == ["Flower field", "Sunflowers"]


def test_a_category_is_a_word_of_its_products(
    make_product: MakeProduct, category: Category
) -> None:
    make_product("Dunes", category=category)
    assert titles("landscape") == ["Dunes"]


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_only_what_is_for_sale_is_found(status: str, make_product: MakeProduct) -> None:
    make_product("Dunes", status=status)
    assert search("dunes") == []
    assert similar("dunse").ids == []
    assert suggest("dunes") == []


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("monnet", "monet"),
        ("sunfolwers", "sunflowers"),
        ("claud monnet", "claude monet"),
        ("blie", "blue"),
        ("Mönett", "monet"),
    ],
)
def test_misspelt_words_find_what_was_meant(
    typo: str, meant: str, make_product: MakeProduct
) -> None:
    painting = make_product("Sunflowers, blue", subtitle="Claude Monet")
    make_product("Zen garden", subtitle="Black ink")
    assert search(typo) == []
    found = similar(typo)
    assert (found.ids, found.words) == ([painting.pk], meant)


@pytest.mark.parametrize("query", ["zebra", "xylophone", "qq", "q", "monnet xylophone"])
def test_nonsense_is_similar_to_nothing(query: str, make_product: MakeProduct) -> None:
    make_product("Zen garden", subtitle="Claude Monet")
    assert similar(query).ids == []


def test_suggestions_are_few_and_unique(make_product: MakeProduct) -> None:
    for number in range(9):
        make_product(f"Dune {number}", subtitle="dune")
    found = suggest("du")
    assert len(found) == 6
    assert len({suggestion.slug for suggestion in found}) == 6
    assert found[0].get_absolute_url().startswith("/p/dune-")


@pytest.mark.parametrize("query", NASTY)
def test_nothing_typed_can_break_it(query: str, make_product: MakeProduct) -> None:
    make_product("Dunes")
    search(query)
    similar(query)
    suggest(query)
    assert Product.objects.count() == 1


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(max_size=300))
def test_any_text_is_a_safe_query(query: str, variant: object, client: Client) -> None:
    assert set(search(query)) | set(similar(query).ids) <= set(
        Product.objects.values_list("pk", flat=True)
    )
    for address in ("/search/", "/search/suggestions/"):
        assert client.get(address, {"q": query.encode("utf-8", "replace")}).status_code == 200


def test_a_query_is_cut_where_nobody_types_any_more() -> None:
    assert len(split("word " * 100)) == 8
    assert len(split("w" * 500)[0]) == 40
