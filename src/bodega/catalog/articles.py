"""A product's variants as they are offered: prices, what is left, what was chosen; one query."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bodega.catalog import offers, stock

MOST_AT_ONCE = 99  # of one article in a cart

# A row per variant and option value; one row for a variant without options.
ARTICLES = """
SELECT v.id, v.sku, v.barcode, v.title, v.price, v.compare_at,
    s.is_tracked, s.may_backorder, s.on_hand - s.reserved, s.low_at,
    o.position, o.id, c.position, c.id, o.name, c.value
FROM catalog_variant v
LEFT JOIN catalog_stock s ON s.variant_id = v.id
LEFT JOIN catalog_variant_choices m ON m.variant_id = v.id
LEFT JOIN catalog_optionvalue c ON c.id = m.optionvalue_id
LEFT JOIN catalog_option o ON o.id = c.option_id
WHERE v.product_id = %s AND v.is_active = TRUE
ORDER BY v.position, v.id"""


@dataclass(frozen=True)
class Article:
    """A variant as it is offered. `choices` are option value ids by option id."""

    pk: int
    sku: str
    barcode: str
    title: str
    price: int
    compare_at: int | None
    stock: stock.Availability
    choices: dict[int, int] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """How many can be put into the cart at once; the number left is public only when it is low."""
        return (
            min(MOST_AT_ONCE, self.stock.left or 1) if self.stock.level == "low" else MOST_AT_ONCE
        )


class Value(NamedTuple):
    """An option's value, in the merchant's order when sorted; all None for what has no options."""

    option_place: int
    option: int
    place: int
    pk: int
    name: str  # of the option
    value: str


def load(product_id: int) -> tuple[list[Article], list[Value]]:
    """The active variants in the merchant's order, and the option values they have."""
    articles: dict[int, Article] = {}
    values: set[Value] = set()
    for row in offers.ask(ARTICLES, product_id):
        pk, sku, barcode, title, price, was, *left = row[:10]
        if pk not in articles:
            articles[pk] = Article(pk, sku, barcode, title, price, was, _left(*left))
        value = Value(*row[10:])
        if value.pk is not None:
            values.add(value)
            articles[pk].choices[value.option] = value.pk
    return list(articles.values()), sorted(values)


def _left(*columns: Any) -> stock.Availability:
    """Of a variant's columns of stock, which it has not when they are None."""
    return stock.availability(None) if columns[0] is None else stock.judge(*columns)
