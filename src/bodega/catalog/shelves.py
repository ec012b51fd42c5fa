"""The home page's shelves: featured collections and what is new. Two queries."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber

from bodega.catalog import offers
from bodega.catalog.models import Collection, CollectionItem
from bodega.databases.prepared import Prepared

PER_SHELF = 4
NEWEST = 8

LATEST = """SELECT n.id, ROW_NUMBER() OVER (ORDER BY n.created_at DESC, n.id DESC) AS place FROM (
        SELECT p.id, p.created_at FROM catalog_product p WHERE p.status = 'active' AND EXISTS (
            SELECT 1 FROM catalog_variant v WHERE v.product_id = p.id AND v.is_active = TRUE)
        ORDER BY p.created_at DESC, p.id DESC LIMIT %s) n"""
AND_OTHERS = """SELECT id, MIN(place) AS place FROM ({latest}
        UNION ALL SELECT id, {after} FROM catalog_product WHERE id IN ({others})) found GROUP BY id"""


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
    collections: dict[int, Collection] = {}
    places: dict[int, list[int]] = {}
    for item in FIRST_ITEMS.rows():
        collections.setdefault(item.collection_id, item.collection)
        places.setdefault(item.collection_id, []).append(item.product_id)
    ids = {pk for on_shelf in places.values() for pk in on_shelf}
    found = offers.cards(_latest(NEWEST, *ids), limit=NEWEST + len(ids))
    by_id = {card.pk: card for card in found}
    return Shelves(
        featured=[
            Shelf(collections[pk], [by_id[each] for each in on_shelf if each in by_id])
            for pk, on_shelf in places.items()
        ],
        newest=found[:NEWEST],
    )


def newest(count: int = NEWEST) -> list[offers.Card]:
    """The products that came last: what to offer where nothing was found."""
    return offers.cards(_latest(count))


def _latest(count: int, *others: int) -> offers.Selection:
    """The newest products on offer, and after them some others."""
    hits = LATEST
    if others:
        places = ", ".join(["%s"] * len(others))
        hits = AND_OTHERS.format(latest=LATEST, after=count + 1, others=places)
    return offers.Selection(hits, (count, *others))


def _first_items() -> QuerySet[CollectionItem]:
    """The first places of every featured collection, in the merchant's order."""
    place = Window(
        RowNumber(), partition_by=F("collection"), order_by=[F("position").asc(), F("pk").asc()]
    )
    on_offer = offers.offered().filter(pk=OuterRef("product"))
    return (
        CollectionItem.objects.filter(Exists(on_offer), collection__is_featured=True)
        .annotate(place=place)
        .filter(place__lte=PER_SHELF)
        .select_related("collection")
        .order_by("collection__position", "collection__name", "place")
    )


FIRST_ITEMS = Prepared(_first_items)
