"""The catalogue's pages: what they show, what they refuse, and that they are the same for everybody."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bodega.catalog.models import Category, Collection, CollectionItem, Product
from bodega.lib.pages import MARK
from bodega.merchant.models import Merchant
from tests.catalog.conftest import MakeProduct, MakeVariant

pytestmark = pytest.mark.django_db
BUDGET = 6  # queries of a page of the catalogue, menu and footer included
PAGES = (
    "/",
    "/c/landscapes/",
    "/c/landscapes/?filter=style:seascape&filter=colour:blue&min=1&stock=1&sort=price",
    "/c/landscapes/?page=2",
    "/collections/spring/",
    "/p/dunes/",
    "/search/",
    "/search/?q=dunes",
    "/search/?q=sea&sort=name&page=2",
    "/search/?q=dumes",
    "/search/?q=qqqq",
    "/search/suggestions/?q=du",
    "/sitemap.xml",
    "/robots.txt",
)


@pytest.fixture
def filled(make_product: MakeProduct, make_variant: MakeVariant, category: Category) -> Product:
    """A shop with 30 products in a category and a featured collection."""
    spring = Collection.objects.create(name="Spring", is_featured=True)
    below = Category.objects.create(name="Dunes and seas", parent=category)
    dunes = make_product(
        "Dunes", category=below, style="Abstract", colour="Blue", description="Sand **dunes**."
    )
    make_variant(dunes, 3000, title="A3")
    for number in range(29):
        product = make_product(f"Sea {number}", 1000 + number, category=below, style="Seascape")
        CollectionItem.objects.create(collection=spring, product=product, position=number)
    CollectionItem.objects.create(collection=spring, product=dunes)
    return dunes


@pytest.fixture
def get(client: Client) -> Any:
    """The text of a page that must be there."""

    def text(address: str) -> str:
        answer = client.get(address)
        assert answer.status_code == 200, address
        return str(answer.content.decode())

    return text


def data_of(page: str) -> list[dict[str, Any]]:
    """The JSON-LD of a page."""
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert found is not None
    things: list[dict[str, Any]] = json.loads(found[1])
    return things


@pytest.mark.parametrize("address", PAGES)
def test_no_page_does_more_than_six_queries_and_none_writes(
    address: str, filled: Product, client: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(BUDGET) as queries:
        assert client.get(address).status_code == 200
    assert {query["sql"].split()[0] for query in queries} <= {"SELECT", "WITH"}


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_the_same_for_everybody(address: str, filled: Product, client: Client) -> None:
    client.cookies["cart"] = "some-token"
    answer = client.get(address)
    assert MARK in answer.headers
    assert not answer.cookies
    assert b"csrf" not in answer.content.lower()
    assert b"some-token" not in answer.content


def test_home_shows_featured_collections_and_what_is_new(filled: Product, get: Any) -> None:
    page = get("/")
    assert "Art for every wall" in page
    assert 'href="/collections/spring/"' in page
    assert 'href="/c/landscapes/"' in page
    assert "Sea 28" in page


def test_an_empty_shop_says_so(shop: Merchant, get: Any) -> None:
    assert "nothing to buy yet" in get("/").lower() or "being filled" in get("/").lower()


def test_a_category_shows_what_is_below_it(filled: Product, get: Any) -> None:
    page = get("/c/landscapes/")
    assert "30 product" in page
    assert 'href="/c/dunes-and-seas/"' in page
    assert 'value="style:abstract"' in page


def test_pages_know_their_neighbours_and_their_own_address(filled: Product, get: Any) -> None:
    first, second = get("/c/landscapes/"), get("/c/landscapes/?page=2&utm_source=x")
    assert 'rel="next" href="?page=2"' in first
    assert 'rel="prev"' not in first
    assert 'rel="canonical" href="http://127.0.0.1:8000/c/landscapes/"' in first
    assert 'rel="prev" href="?page=1"' in second
    assert 'rel="canonical" href="http://127.0.0.1:8000/c/landscapes/?page=2"' in second
    assert (
        '/c/landscapes/"'
        in get("/c/landscapes/?sort=price&page=2").split('rel="canonical"')[1][:80]
    )


def test_filters_show_what_fits_and_can_be_taken_back(filled: Product, get: Any) -> None:
    page = get("/c/landscapes/?filter=style:abstract")
    assert "1 product" in page
    assert "Dunes" in page
    assert "Sea 1<" not in page
    assert "Style: Abstract" in page
    assert "Nothing fits" in get("/c/landscapes/?filter=style:abstract&max=1")


@pytest.mark.parametrize(
    "address",
    ["/c/nothing/", "/collections/nothing/", "/p/nothing/", "/c/landscapes/?page=3",
     "/search/?q=sea&page=9", "/pages/nothing/", "/sitemap.xml?part=2", "/sitemap.xml?part=0"],
)  # fmt: skip
def test_what_is_not_there_is_404(address: str, filled: Product, client: Client) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("page", ["abc", "0", "-1", "1e9", "", "²", "%00"])
def test_a_page_that_is_no_number_is_the_first(page: str, filled: Product, get: Any) -> None:
    assert 'rel="next" href="?page=2"' in get(f"/c/landscapes/?page={page}")


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_products_that_are_not_for_sale_are_404(
    status: str, make_product: MakeProduct, client: Client
) -> None:
    make_product("Dunes", status=status)
    assert client.get("/p/dunes/").status_code == 404
    assert b"Dunes" not in client.get("/").content


def test_a_product_page_can_put_its_variant_into_the_cart(
    filled: Product, make_variant: MakeVariant, get: Any
) -> None:
    page = get("/p/dunes/")
    assert 'action="/cart/lines/"' in page
    assert 'name="variant"' in page
    assert 'name="quantity"' in page
    chosen = filled.variants.get(title="A3")
    assert f'value="{chosen.pk}" selected' in get(f"/p/dunes/?variant={chosen.pk}")
    assert "€30.00" in get(f"/p/dunes/?variant={chosen.pk}")


@pytest.mark.parametrize("wanted", ["", "abc", "-1", "0", "99999999999999999999999", "²", "1%00"])
def test_a_variant_that_makes_no_sense_is_ignored(wanted: str, filled: Product, get: Any) -> None:
    assert "€20.00" in get(f"/p/dunes/?variant={wanted}")


def test_little_stock_is_said_and_none_cannot_be_bought(
    make_product: MakeProduct, get: Any
) -> None:
    make_product("Few", on_hand=3)
    make_product("None", on_hand=0)
    make_product("Nameless", None)
    assert "Only 3 left" in get("/p/few/")
    assert re.search(r"<button[^>]*disabled[^>]*>\s*Sold out", get("/p/none/"))
    assert "cannot be ordered" in get("/p/nameless/")


def test_what_the_merchant_writes_cannot_run(make_product: MakeProduct, get: Any) -> None:
    evil = (
        '<script>alert(1)</script><img src=x onerror="alert(2)"> [x](javascript:alert(3)) **bold**'
    )
    make_product("</script><b>", description=evil, subtitle='"><script>', slug="evil")
    page = get("/p/evil/")
    assert "<strong>bold</strong>" in page
    for danger in (
        "alert(1)</script>",
        "onerror=",
        "javascript:alert",
        "</script><b>",
        '"><script>',
    ):
        assert danger not in page
    assert data_of(page)[0]["name"] == "</script><b>"


def test_search_engines_read_the_product(filled: Product, get: Any) -> None:
    filled.variants.filter(title="A3").update(barcode="4006381333931")
    product, crumbs = data_of(get("/p/dunes/"))
    assert (product["@type"], product["name"]) == ("Product", "Dunes")
    assert product["description"] == "Sand dunes."
    offers = {offer["price"]: offer for offer in product["offers"]}
    assert set(offers) == {"20.00", "30.00"}
    assert offers["30.00"]["gtin"] == "4006381333931"
    assert offers["30.00"]["availability"] == "https://schema.org/InStock"
    assert offers["30.00"]["priceCurrency"] == "EUR"
    assert [item["name"] for item in crumbs["itemListElement"]] == [
        "Home", "Landscapes", "Dunes and seas", "Dunes",
    ]  # fmt: skip


def test_head_says_what_the_page_is(filled: Product, get: Any) -> None:
    Product.objects.filter(pk=filled.pk).update(
        seo_title="Dunes, printed", seo_description="Buy them."
    )
    page = get("/p/dunes/?variant=7")
    assert "<title>Dunes, printed – Prints</title>" in page
    assert '<meta name="description" content="Buy them.">' in page
    assert 'rel="canonical" href="http://127.0.0.1:8000/p/dunes/"' in page
    assert '<meta property="og:type" content="product">' in page


def test_search_says_what_it_found_or_what_was_meant(filled: Product, get: Any) -> None:
    assert "30 products" in get("/search/?q=sea") or "29 products" in get("/search/?q=sea")
    meant = get("/search/?q=dumes")
    assert "Did you mean" in meant
    assert 'href="/search/?q=dunes"' in meant
    nothing = get("/search/?q=xyzxyz")
    assert "Nothing found for “xyzxyz”" in nothing
    assert "Sea 28" in nothing
    assert 'content="noindex' in nothing


def test_search_keeps_its_words_while_filtering(filled: Product, get: Any) -> None:
    page = get("/search/?q=sea&filter=style:seascape")
    assert '<input type="hidden" name="q" value="sea">' in page
    assert 'href="?q=sea"' in page


def test_suggestions_are_links(filled: Product, get: Any) -> None:
    assert 'href="/p/dunes/"' in get("/search/suggestions/?q=dun")
    assert get("/search/suggestions/?q=").strip() == ""


def test_only_reading_is_allowed(filled: Product, client: Client) -> None:
    assert client.post("/p/dunes/").status_code == 405


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    query=st.dictionaries(
        st.sampled_from(
            ["page", "sort", "min", "max", "stock", "filter", "q", "variant", "part", "x"]
        ),
        st.text(max_size=40) | st.integers().map(str) | st.lists(st.text(max_size=9), max_size=3),
        max_size=4,
    ),
    address=st.sampled_from(["/", "/c/landscapes/", "/p/dunes/", "/search/", "/sitemap.xml"]),
)
def test_no_query_string_breaks_a_page(
    query: dict[str, Any], address: str, variant: object, category: Category, client: Client
) -> None:
    safe = json.loads(json.dumps(query).encode("utf-8", "replace"))
    clean = {k: _encodable(v) for k, v in safe.items()}
    assert client.get(address, clean).status_code in {200, 404}


def _encodable(value: Any) -> Any:
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    return value.encode("utf-8", "replace").decode()
