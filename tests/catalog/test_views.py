"""The catalogue's pages."""

from typing import Any

import pytest
from django.test import Client

from bodega.catalog.models import Category, Collection, CollectionItem, Product
from tests.catalog.conftest import MakeProduct, MakeVariant

pytestmark = pytest.mark.django_db
BUDGET = 6  # queries of a page of the catalogue, design issue "open the shop"
PAGES = (
    "/",
    "/c/landscapes/",
    "/collections/spring/",
    "/p/dunes/",
    "/search/?q=dunes",
    "/search/?q=dumes",
    "/search/?q=qqqq",
    "/search/",
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


@pytest.mark.parametrize("address", PAGES)
def test_no_page_of_the_catalogue_does_more_than_six_queries(
    address: str, filled: Product, client: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(BUDGET):
        assert client.get(address).status_code == 200
