"""Listings: order, pages, chips."""

from datetime import timedelta

import pytest

from bodega.catalog import listing
from bodega.catalog.models import Category, Collection, CollectionItem, Product
from bodega.catalog.navigation import Branch, Tree
from bodega.catalog.wishes import Wishes
from bodega.merchant.models import Merchant
from tests.catalog.conftest import NOW, MakeProduct, MakeVariant

pytestmark = pytest.mark.django_db


@pytest.fixture
def scope(
    make_product: MakeProduct, make_variant: MakeVariant, category: Category
) -> listing.Scope:
    """Three products; Ébène is oldest and dearest, b in the middle, A newest and cheapest."""
    for age, (title, price) in enumerate([("A", 500), ("b", 1000), ("Ébène", 2000)]):
        product = make_product(
            title, price, category=category, created_at=NOW - timedelta(days=age)
        )
        make_variant(product, price + 100, compare_at=price * 2)
    return listing.of_categories([category.pk])


def shown(scope: listing.Scope, **wishes: object) -> str:
    found = listing.show(scope, Wishes(**wishes), Merchant.current())  # type: ignore[arg-type]  # by keyword
    return " ".join(card.title for card in found.cards)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", "A b Ébène"),
        ("price", "A b Ébène"),
        ("price-desc", "Ébène b A"),
        ("name", "A b Ébène"),
    ],
)
def test_orders(sort: str, expected: str, scope: listing.Scope) -> None:
    assert shown(scope, sort=sort) == expected


def test_prominent_products_come_first_while_nobody_has_chosen(scope: listing.Scope) -> None:
    Product.objects.filter(title="b").update(prominence=1)
    assert shown(scope) == "b A Ébène"
    assert shown(scope, sort="newest") == "A b Ébène"


def test_a_collection_is_in_the_merchants_order(scope: listing.Scope) -> None:
    collection = Collection.objects.create(name="Best")
    for position, title in enumerate(["b", "Ébène", "A"]):
        product = Product.objects.get(title=title)
        CollectionItem.objects.create(collection=collection, product=product, position=position)
    assert shown(listing.of_collection(collection)) == "b Ébène A"
    assert shown(listing.of_collection(collection), sort="price-desc") == "Ébène b A"


def test_search_results_are_in_the_order_of_the_search(scope: listing.Scope) -> None:
    ids = [Product.objects.get(title=title).pk for title in ("Ébène", "A", "b")]
    assert shown(listing.of_search(ids)) == "Ébène A b"
    assert shown(listing.of_search([*ids, 999])) == "Ébène A b"
    assert shown(listing.of_search([])) == ""


def test_numbers_that_begin_alike_are_not_confused(make_product: MakeProduct) -> None:
    ids = [make_product(f"P{number}").pk for number in range(12)]
    assert shown(listing.of_search(ids[::-1])) == " ".join(f"P{n}" for n in reversed(range(12)))


def test_a_card_shows_the_cheapest_variant(scope: listing.Scope) -> None:
    card = listing.show(scope, Wishes(), Merchant.current()).cards[0]
    assert (card.price, card.highest, card.has_several_prices) == (500, 600, True)
    assert (card.compare_at, card.is_sold_out, card.image) == (None, False, None)
    assert card.get_absolute_url() == "/p/a/"


def test_inactive_variants_are_not_offered(scope: listing.Scope) -> None:
    product = Product.objects.get(title="b")
    product.variants.filter(price=1000).update(is_active=False)
    assert shown(scope, high=1000) == "A"
    product.variants.update(is_active=False)
    assert shown(scope) == "A Ébène"


def test_sold_out_products_stay_in_the_list_and_say_so(scope: listing.Scope) -> None:
    for variant in Product.objects.get(title="b").variants.all():
        type(variant.stock).objects.filter(pk=variant.pk).update(on_hand=0)
    cards = {card.title: card for card in listing.show(scope, Wishes(), Merchant.current()).cards}
    assert [title for title, card in cards.items() if card.is_sold_out] == ["b"]
    assert shown(scope, in_stock=True) == "A Ébène"


def test_pages_of_twenty_four(make_product: MakeProduct) -> None:
    for number in range(25):
        make_product(f"P{number}")
    every = listing.of_search(list(Product.objects.order_by("pk").values_list("pk", flat=True)))
    shop = Merchant.current()
    first, second = (listing.show(every, Wishes(page=page), shop) for page in (1, 2))
    assert (len(first.cards), len(second.cards)) == (24, 1)
    assert not {card.pk for card in first.cards} & {card.pk for card in second.cards}
    assert (first.page.has_next(), first.page.has_previous()) == (True, False)
    assert (second.page.has_next(), second.page.has_previous()) == (False, True)
    with pytest.raises(listing.NoSuchPage, match="there are 2 pages, not 3"):
        listing.show(every, Wishes(page=3), shop)


def test_chips_take_one_wish_back_each(scope: listing.Scope, make_product: MakeProduct) -> None:
    make_product("C", category=Category.objects.get(), style="Abstract")
    wishes = Wishes(
        {"style": frozenset({"abstract"})}, low=100, high=5000, in_stock=True, sort="name"
    )
    found = listing.show(scope, wishes, Merchant.current(), q="c")
    assert [chip.label for chip in found.chips] == [
        "Style: Abstract", "from €1.00", "up to €50.00", "In stock",
    ]  # fmt: skip
    assert found.chips[0].query == "?q=c&min=1.00&max=50.00&stock=1&sort=name"
    assert found.clear == "?q=c&sort=name"
    assert found.prices == [("min", "From", "1.00", "20.00"), ("max", "Up to", "50.00", "20.00")]


def test_the_tree_knows_the_way_up_and_down(category: Category) -> None:
    below = Category.objects.create(name="Dunes", parent=category)
    deeper = Category.objects.create(name="Sand", parent=below)
    tree = Tree.load()
    top, middle = tree.by_id[category.pk], tree.by_id[below.pk]
    assert [node.name for node in tree.path(deeper.pk)] == ["Landscapes", "Dunes", "Sand"]
    assert set(tree.ids_below(top)) == {category.pk, below.pk, deeper.pk}
    assert tree.branches == (Branch(top, (middle,)),)
    assert tree.path(None) == []
    assert tree.find("sand") == tree.by_id[deeper.pk]


def test_a_circle_of_categories_ends_where_it_closes(category: Category) -> None:
    below = Category.objects.create(name="Dunes", parent=category)
    Category.objects.filter(pk=category.pk).update(parent=below)
    tree = Tree.load()
    assert {node.pk for node in tree.path(below.pk)} == {category.pk, below.pk}
    assert set(tree.ids_below(tree.by_id[category.pk])) == {category.pk, below.pk}


def test_the_tree_is_made_anew_when_a_category_changes_and_only_then(category: Category) -> None:
    before = Tree.load()
    assert Tree.load() is before
    Category.objects.update(name="Seascapes")
    assert [branch.category.name for branch in Tree.load().branches] == ["Seascapes"]
    assert [branch.category.name for branch in before.branches] == ["Landscapes"]
