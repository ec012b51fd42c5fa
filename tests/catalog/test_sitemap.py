"""What search engines are told to read."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from django.test import Client

from bodega.catalog import sitemap
from bodega.catalog.models import Category, Collection, Product
from bodega.merchant.models import Merchant, Page
from tests.catalog.conftest import MakeProduct

pytestmark = pytest.mark.django_db
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def addresses(client: Client, path: str = "/sitemap.xml") -> list[str]:
    answer = client.get(path)
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    found = ElementTree.fromstring(answer.content).iter(f"{SPACE}loc")
    return [(each.text or "").removeprefix("http://127.0.0.1:8000") for each in found]


def test_everything_that_can_be_found_is_listed(
    make_product: MakeProduct, category: Category, client: Client
) -> None:
    make_product("Dunes", category=category)
    make_product("Draft", status="draft")
    make_product("Nothing to buy", None)
    Collection.objects.create(name="Spring")
    Page.objects.create(title="Imprint", slug="imprint")
    assert addresses(client) == [
        "/", "/c/landscapes/", "/collections/spring/", "/pages/imprint/", "/p/dunes/",
    ]  # fmt: skip


def test_it_says_when_a_product_changed(make_product: MakeProduct, client: Client) -> None:
    make_product("Dunes")
    Product.objects.update(updated_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert b"<lastmod>2026-01-02T00:00:00+00:00</lastmod>" in client.get("/sitemap.xml").content


def test_a_large_shop_gets_an_index_of_parts(
    make_product: MakeProduct, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "PER_PART", 2)
    for number in range(5):
        make_product(f"P{number}")
    assert addresses(client) == [f"/sitemap.xml?part={part}" for part in (1, 2, 3)]
    assert addresses(client, "/sitemap.xml?part=1") == ["/", "/p/p0/", "/p/p1/"]
    assert addresses(client, "/sitemap.xml?part=3") == ["/p/p4/"]


def test_robots_stay_out_of_carts_and_find_the_sitemap(shop: Merchant, client: Client) -> None:
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /checkout/\n" in text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in text


def test_a_demo_is_kept_out_of_search_engines(shop: Merchant, client: Client) -> None:
    Merchant.objects.update(is_demo=True)
    assert client.get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"
