"""What a visitor asks of a listing: read from an address, written back into one.

    ?filter=style:abstract&filter=style:geometric&filter=colour:blue&min=20&max=80.50&stock=1&sort=price&page=2

Values of one attribute widen the choice, attributes narrow it. Whatever makes no sense is ignored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from bodega.lib.money import Money

# The parameters that count, for `same_for_everybody`.
PARAMETERS = ("filter", "min", "max", "stock", "sort", "page")

SORTS = {
    "featured": "Featured",
    "newest": "Newest",
    "price": "Price, low to high",
    "price-desc": "Price, high to low",
    "name": "Name",
}
MOST_VALUES = 30  # of filters in one address
AMOUNT = re.compile(r"\d{1,7}(?:[.,]\d{1,3})?", re.ASCII)
FILTER = re.compile(r"([-\w]{1,30}):([-\w]{1,60})", re.ASCII)


@dataclass(frozen=True)
class Wishes:
    """Prices in minor units; `values` are slugs by attribute code."""

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    low: int | None = None
    high: int | None = None
    in_stock: bool = False
    sort: str = "featured"
    page: int = 1

    @property
    def are_narrowing(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.values or self.in_stock or self.low is not None or self.high is not None)

    def without(self, code: str = "", slug: str = "", **changes: Any) -> "Wishes":
        """The same wishes on page 1 with one value fewer, or with other fields changed."""
        values = {c: s - {slug} if c == code else s for c, s in self.values.items()}
        fields = {**self.__dict__, "values": {c: s for c, s in values.items() if s}, "page": 1}
        return Wishes(**{**fields, **changes})

    def query(self, currency: str, **others: str) -> str:
        """These wishes as the query of an address, "" when there are none; `others` come first."""
        pairs = [(name, value) for name, value in others.items() if value]
        pairs += [
            ("filter", f"{c}:{s}") for c in sorted(self.values) for s in sorted(self.values[c])
        ]
        pairs += [
            (name, f"{Money(amount, currency).decimal}")
            for name, amount in (("min", self.low), ("max", self.high))
            if amount is not None
        ]
        pairs += [("stock", "1")] if self.in_stock else []
        pairs += [("sort", self.sort)] if self.sort != "featured" else []
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return urlencode(pairs)


def parse(query: QueryDict, currency: str) -> Wishes:
    """Read the wishes in a query string; never raises."""
    values: dict[str, frozenset[str]] = {}
    for text in query.getlist("filter")[:MOST_VALUES]:
        if match := FILTER.fullmatch(text):
            values[match[1]] = values.get(match[1], frozenset()) | {match[2]}
    sort = query.get("sort", "")
    page = query.get("page", "")
    return Wishes(
        values=values,
        low=_amount(query.get("min", ""), currency),
        high=_amount(query.get("max", ""), currency),
        in_stock=query.get("stock") == "1",
        sort=sort if sort in SORTS else "featured",
        page=int(page) if re.fullmatch(r"[1-9][0-9]{0,6}", page) else 1,
    )


def _amount(text: str | None, currency: str) -> int | None:
    """Major units as somebody types them ("12", "12,50") in minor units."""
    text = (text or "").strip()
    if not AMOUNT.fullmatch(text):
        return None
    try:
        return Money.parse(text.replace(",", "."), currency).amount
    except ValueError:
        return None
