"""The home page's shelves: featured collections and what is new. Two queries."""

from dataclasses import dataclass

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from bodega.catalog import offers
from bodega.catalog.models import Collection, CollectionItem, Product

PER_SHELF = 4
NEWEST = 8


@dataclass(frozen=True, slots=True)
class Shelf:
    """A featured collection and its first products."""

    collection: Collection
    cards: list[offers.Card]


@dataclass(frozen=True, slots=True)
class Shelves:
    """What the home page shows."""

    featured: list[Shelf]
    newest: list[offers.Card]


def load() -> Shelves:
    """Fill the shelves; collections with nothing to buy are left out."""
    items = _first_items()
    newest = offers.offered().order_by("-created_at", "-pk")[:NEWEST]
    wanted = Q(pk__in=newest.values("pk")) | Q(pk__in=[item.product_id for item in items])
    found = offers.cards(Product.objects.filter(wanted).order_by("-created_at", "-pk"))
    collections: dict[int, tuple[Collection, list[int]]] = {}
    for item in items:
        collections.setdefault(item.collection_id, (item.collection, []))[1].append(item.product_id)
    return Shelves(
        featured=[Shelf(c, offers.in_order(found, ids)) for c, ids in collections.values()],
        newest=list(found.values())[:NEWEST],
    )


def newest(count: int = NEWEST) -> list[offers.Card]:
    """The products that came last: what to offer where nothing was found."""
    latest = offers.offered().order_by("-created_at", "-pk")[:count]
    products = Product.objects.filter(pk__in=latest.values("pk")).order_by("-created_at", "-pk")
    return list(offers.cards(products).values())


def _first_items() -> list[CollectionItem]:
    """The first places of every featured collection, in the merchant's order."""
    place = Window(
        RowNumber(), partition_by=F("collection"), order_by=[F("position").asc(), F("pk").asc()]
    )
    items = CollectionItem.objects.filter(
        collection__is_featured=True, product__in=offers.offered().values("pk")
    )
    return list(
        items.annotate(place=place)
        .filter(place__lte=PER_SHELF)
        .select_related("collection")
        .order_by("collection__position", "collection__name", "place")
    )
