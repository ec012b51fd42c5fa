"""What a listing can be narrowed to, and how many products that would leave: one query.

The count beside a value says how many products are shown if it is ticked: all other wishes apply, the
values ticked for the same attribute do not (ticking a second one widens the choice).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, IntegerField, Max, Min, OuterRef, Q, QuerySet, Value
from django.db.models.fields import CharField

from bodega.catalog.models import AttributeValue, Product
from bodega.catalog.offers import VARIANTS, buyable
from bodega.catalog.wishes import Wishes


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value to tick."""

    slug: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """An attribute and its values."""

    code: str
    name: str
    values: list[FacetValue] = field(default_factory=list)

    @property
    def has_chosen(self) -> bool:
        return any(value.is_chosen for value in self.values)


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is. Prices in minor units, None when nothing is left."""

    total: int
    in_stock: int
    lowest: int | None
    highest: int | None
    facets: list[Facet]


def narrowed(products: QuerySet[Product], wishes: Wishes, but: str = "") -> QuerySet[Product]:
    """The products that fulfil the wishes, those about the attribute `but` aside."""
    found = _with_values(products, wishes, but)
    if in_range := _in_range(wishes):
        found = found.filter(in_range)
    return found.filter(buyable()) if wishes.in_stock else found


def _with_values(products: QuerySet[Product], wishes: Wishes, but: str = "") -> QuerySet[Product]:
    for code, slugs in wishes.values.items():
        if code != but:
            has_one = AttributeValue.objects.filter(product=OuterRef("pk"), attribute__code=code)
            products = products.filter(Exists(has_one.filter(slug__in=slugs)))
    return products


def _in_range(wishes: Wishes) -> Exists | None:
    """Some variant's price is in the range that was asked for."""
    limits = {"price__gte": wishes.low, "price__lte": wishes.high}
    given = {name: amount for name, amount in limits.items() if amount is not None}
    return Exists(VARIANTS.filter(**given)) if given else None


def survey(products: QuerySet[Product], wishes: Wishes) -> Survey:
    """Count what there is among `products` (`offers.offered`), in one query."""
    parts = [_values(narrowed(products, wishes), exclude=wishes.values)]
    parts += [_values(narrowed(products, wishes, but=code), only=code) for code in wishes.values]
    rows = list(_totals(products, wishes).union(*parts, all=True))
    total = next((row for row in rows if row["kind"] == "total"), None)
    return Survey(
        total=total["count"] if total else 0,
        in_stock=total["in_stock"] if total else 0,
        lowest=total["lowest"] if total else None,
        highest=total["highest"] if total else None,
        facets=_facets((row for row in rows if row["kind"] == "value"), wishes),
    )


def _totals(products: QuerySet[Product], wishes: Wishes) -> QuerySet[Any, Any]:
    """One row: how many there are, how many of them can be bought, and between which prices.

    The range is that of all prices the other wishes leave, so that it can be widened again.
    """
    in_range = _in_range(wishes)
    can_be_bought = Q(buyable())
    shown = Q(in_range) if in_range else Q()
    wanted = can_be_bought if wishes.in_stock else Q()
    prices = Q(variants__is_active=True)
    return (
        _with_values(products, wishes)
        .order_by()
        .annotate(kind=Value("total", CharField()), code=_text(), name=_text(), place=_number())
        .annotate(slug_=_text(), label=_text())
        .values("kind", "code", "name", "place", "slug_", "label")
        .annotate(
            count=Count("pk", filter=shown & wanted, distinct=True),
            in_stock=Count("pk", filter=shown & can_be_bought, distinct=True),
            lowest=Min("variants__price", filter=prices & wanted),
            highest=Max("variants__price", filter=prices & wanted),
        )
    )


def _values(
    products: QuerySet[Product], only: str = "", exclude: Iterable[str] = ()
) -> QuerySet[Any, Any]:
    """A row per value that the products have, with the number of products."""
    rows = AttributeValue.objects.filter(
        attribute__is_facet=True, product__in=products.values("pk")
    )
    rows = (
        rows.filter(attribute__code=only)
        if only
        else rows.exclude(attribute__code__in=list(exclude))
    )
    return (
        rows.order_by()
        .values("attribute", "slug")
        .annotate(
            kind=Value("value", CharField()),
            code=Min("attribute__code"),
            name=Min("attribute__name"),
            place=Min("attribute__position"),
            slug_=Min("slug"),
            label=Min("value"),
            count=Count("product", distinct=True),
            in_stock=_number(),
            lowest=_number(),
            highest=_number(),
        )
        .values(
            "kind",
            "code",
            "name",
            "place",
            "slug_",
            "label",
            "count",
            "in_stock",
            "lowest",
            "highest",
        )
    )


def _text() -> Value:
    return Value("", CharField())


def _number() -> Value:
    return Value(0, IntegerField())


def _facets(rows: Iterable[dict[str, Any]], wishes: Wishes) -> list[Facet]:
    """Facets in the merchant's order, values by name. One with a single value offers no choice."""
    facets: dict[str, Facet] = {}
    for row in sorted(rows, key=lambda r: (r["place"], r["name"], r["label"].casefold())):
        facet = facets.setdefault(row["code"], Facet(row["code"], row["name"]))
        is_chosen = row["slug_"] in wishes.values.get(row["code"], ())
        facet.values.append(FacetValue(row["slug_"], row["label"], row["count"], is_chosen))
    _add_vain(facets, wishes)
    return [f for f in facets.values() if len(f.values) > 1 or f.has_chosen]


def _add_vain(facets: dict[str, Facet], wishes: Wishes) -> None:
    """What was ticked but nothing has (any more) must be shown, so that it can be unticked."""
    for code, slugs in sorted(wishes.values.items()):
        facet = facets.setdefault(code, Facet(code, _readable(code)))
        known = {value.slug for value in facet.values}
        facet.values.extend(FacetValue(s, _readable(s), 0, True) for s in sorted(slugs - known))


def _readable(slug: str) -> str:
    return slug.replace("-", " ").capitalize()
