"""What a customer can find, and what a card of it shows: everything in one query.

A product is offered when it is active and has an active variant. Prices are minor units.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from bodega.catalog.models import Image, Product, Variant

PICTURE = {"renditions": "renditions", "alt": "alt", "width": "width", "height": "height"}
VARIANTS = Variant.objects.filter(product=OuterRef("pk"), is_active=True)
IS_BUYABLE = (
    Q(stock__is_tracked=False)
    | Q(stock__may_backorder=True)
    | Q(stock__on_hand__gt=F("stock__reserved"))
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as pages show it (`pictures.Shown`)."""

    renditions: dict[str, str]
    alt: str
    width: int
    height: int

    @classmethod
    def parse(cls, row: dict[str, Any]) -> "Picture":
        """From a row of `PICTURE` columns."""
        renditions = row["renditions"]
        if isinstance(renditions, str):  # SQLite nests a JSON column as text
            renditions = json.loads(renditions)
        return cls(renditions, row["alt"], row["width"], row["height"])


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a listing."""

    pk: int
    title: str
    subtitle: str
    slug: str
    price: int
    highest: int
    compare_at: int | None
    is_buyable: bool
    image: Picture | None

    @property
    def has_several_prices(self) -> bool:
        return self.highest > self.price

    @property
    def is_sold_out(self) -> bool:
        return not self.is_buyable

    def get_absolute_url(self) -> str:
        return f"/p/{self.slug}/"


def offered() -> QuerySet[Product]:
    """Products customers can find, with `price`: that of the cheapest active variant."""
    cheapest = VARIANTS.order_by("price").values("price")[:1]
    active = Product.objects.filter(status=Product.Status.ACTIVE)
    return active.alias(price=Subquery(cheapest)).filter(price__isnull=False)


def buyable() -> Exists:
    """Whether some variant can be bought now."""
    return Exists(VARIANTS.filter(IS_BUYABLE))


def cards(products: QuerySet[Product]) -> dict[int, Card]:
    """The cards of some products, by primary key, in the order of the queryset: one query."""
    by_price = VARIANTS.order_by("price", "position", "pk")
    first_image = Image.objects.filter(product=OuterRef("pk")).order_by("position", "pk")
    rows = products.annotate(
        lowest=Subquery(by_price.values("price")[:1]),
        highest=Subquery(VARIANTS.order_by("-price").values("price")[:1]),
        was=Subquery(by_price.values("compare_at")[:1]),
        can_be_bought=buyable(),
        picture=Subquery(first_image.values(row=JSONObject(**PICTURE))[:1]),
    ).values_list(
        *("pk", "title", "subtitle", "slug", "lowest", "highest", "was", "can_be_bought", "picture")
    )
    return {row[0]: _card(row) for row in rows}


def _card(row: tuple[Any, ...]) -> Card:
    *columns, picture = row
    return Card(*(*columns, Picture.parse(picture) if picture else None))


def in_order(found: dict[int, Card], ids: Iterable[int]) -> list[Card]:
    """Cards in the order of `ids`; ids without a card are left out."""
    return [found[pk] for pk in ids if pk in found]
