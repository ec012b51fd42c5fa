"""The home page's shelves."""

from datetime import timedelta

import pytest

from bodega.catalog import shelves
from bodega.catalog.models import Collection, CollectionItem
from tests.catalog.conftest import NOW, MakeProduct

pytestmark = pytest.mark.django_db


@pytest.fixture
def spring(make_product: MakeProduct) -> Collection:
    """Six old products in a featured collection, and ten newer ones."""
    collection = Collection.objects.create(name="Spring", is_featured=True)
    for number in range(6):
        product = make_product(f"Old {number}", created_at=NOW - timedelta(days=9))
        CollectionItem.objects.create(collection=collection, product=product, position=6 - number)
    for number in range(10):
        make_product(f"New {number}", created_at=NOW + timedelta(minutes=number))
    return collection


def test_a_shelf_has_the_first_products_of_its_collection(spring: Collection) -> None:
    (shelf,) = shelves.load().featured
    assert shelf.collection == spring
    assert [card.title for card in shelf.cards] == ["Old 5", "Old 4", "Old 3", "Old 2"]


def test_the_newest_come_first(spring: Collection) -> None:
    assert [card.title for card in shelves.load().newest] == [f"New {n}" for n in range(9, 1, -1)]
    assert [card.title for card in shelves.newest(2)] == ["New 9", "New 8"]


def test_what_cannot_be_bought_leaves_its_place_to_the_next(
    spring: Collection, make_product: MakeProduct
) -> None:
    draft = make_product("Draft", status="draft")
    CollectionItem.objects.create(collection=spring, product=draft, position=0)
    assert shelves.load().featured[0].cards[0].title == "Old 5"


def test_only_featured_collections_with_products_are_shown(spring: Collection) -> None:
    Collection.objects.create(name="Empty", is_featured=True)
    assert len(shelves.load().featured) == 1
    Collection.objects.update(is_featured=False)
    assert shelves.load().featured == []
