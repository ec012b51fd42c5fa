"""What a customer can find, and what a card of it shows.

A product is offered when it is active and has an active variant. Prices are minor units.

The statements here and in `facets` are written by hand, in standard SQL: their shape depends on what a
visitor asks for, and building and compiling them with the ORM took ten times as long as answering.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from bodega.catalog.models import Product, Variant

PICTURE = {"renditions": "renditions", "alt": "alt", "width": "width", "height": "height"}
KEPT_CARDS = 2_048  # that need not be made anew while their rows stay the same; 1 KB each

# `= TRUE` and not just the column: only a comparison is looked up in the index `variant_offer`.
ACTIVE = "FROM catalog_variant v WHERE v.product_id = p.id AND v.is_active = TRUE"
BUYABLE = """CASE WHEN EXISTS (
            SELECT 1 FROM catalog_variant v JOIN catalog_stock s ON s.variant_id = v.id
            WHERE v.product_id = p.id AND v.is_active = TRUE
            AND (NOT s.is_tracked OR s.may_backorder OR s.on_hand > s.reserved)
        ) THEN 1 ELSE 0 END"""

# `CROSS JOIN`, to SQLite, means in this order: first the selection, then its products.
# Every product of a selection that is offered, and what there is to choose by. All that counts or shows
# products reads from this; what it does not read is not computed.
OFFERED = f"""
WITH offered AS (
    SELECT p.id, p.title, p.prominence, p.created_at, hit.place,
        (SELECT MIN(v.price) {ACTIVE}) AS lowest, (SELECT MAX(v.price) {ACTIVE}) AS highest,
        {BUYABLE} AS buyable{{columns}}
    FROM ({{hits}}) hit CROSS JOIN catalog_product p
    WHERE p.id = hit.id AND p.status = 'active' AND EXISTS (SELECT 1 {ACTIVE})
)"""  # noqa: S608 - own constants

CARDS = f""",
shown AS (
    SELECT o.id, ROW_NUMBER() OVER (ORDER BY {{order}}) AS place
    FROM offered o WHERE {{condition}} ORDER BY place LIMIT %s OFFSET %s
)
SELECT p.id, p.title, p.subtitle, p.slug,
    (SELECT MIN(v.price) {ACTIVE}), (SELECT MAX(v.price) {ACTIVE}),
    (SELECT v.compare_at {ACTIVE} ORDER BY v.price, v.position, v.id LIMIT 1),
    {BUYABLE}, i.renditions, i.alt, i.width, i.height
FROM shown JOIN catalog_product p ON p.id = shown.id
LEFT JOIN catalog_image i ON i.id = (SELECT c.id FROM catalog_image c WHERE c.product_id = p.id
    ORDER BY c.position, c.id LIMIT 1)
ORDER BY shown.place"""  # noqa: S608 - own constants


@dataclass(frozen=True, slots=True)
class Selection:
    """Some products, offered or not: `hits` is a SELECT of their `id`, once each, and their
    `place` in line."""

    hits: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Sieve:
    """What is let through: `columns` of `offered`, and a condition on them. `values` of the columns."""

    columns: str = ""
    values: tuple[Any, ...] = ()
    condition: str = "1 = 1"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as pages show it (`pictures.Shown`)."""

    renditions: dict[str, str] = field(hash=False)
    alt: str
    width: int
    height: int

    @classmethod
    def parse(cls, row: dict[str, Any]) -> "Picture":
        """From a row of these columns."""
        renditions = row["renditions"]
        if isinstance(renditions, str):  # a JSON column, read past the ORM
            renditions = json.loads(renditions)
        return cls(renditions, row["alt"], row["width"], row["height"])


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a listing. Equal rows are the same Card (`_card`)."""

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
    """Products customers can find."""
    variants = Variant.objects.filter(product=OuterRef("pk"), is_active=True)
    return Product.objects.filter(Exists(variants), status=Product.Status.ACTIVE)


def cards(
    selection: Selection,
    sieve: Sieve = Sieve(),
    order: str = "o.place",
    limit: int = 100,
    offset: int = 0,
) -> list[Card]:
    """Cards of what is offered of a selection: one query. `order` are columns of `offered o`."""
    statement = (OFFERED + CARDS).format(
        hits=selection.hits,
        columns=sieve.columns,
        condition=sieve.condition,
        order=order,
    )
    rows = ask(statement, *sieve.values, *selection.values, limit, offset)
    return [_card(*row) for row in rows]


def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a SELECT."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


@lru_cache(maxsize=KEPT_CARDS)
def _card(
    pk: int, title: str, subtitle: str, slug: str, lowest: int, highest: int,
    compare_at: int | None, buyable: int, *picture: Any,
) -> Card:  # fmt: skip
    columns = dict(zip(("renditions", "alt", "width", "height"), picture, strict=True))
    image = None if columns["renditions"] is None else Picture.parse(columns)
    return Card(pk, title, subtitle, slug, lowest, highest, compare_at, bool(buyable), image)
