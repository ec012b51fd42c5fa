"""What a listing can be narrowed to, and how many products that would leave: one query.

The count beside a value says how many products are shown if it is ticked: all other wishes apply, the
values ticked for the same attribute do not (ticking a second one widens the choice).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bodega.catalog.offers import ACTIVE, OFFERED, Selection, Sieve, ask
from bodega.catalog.wishes import Wishes

LARGEST = 2**31 - 1  # minor units a price can have (PositiveIntegerField)

# Further columns of `offered`: what the wishes ask of a product, 1 when it is so.
IN_RANGE = f""",
        CASE WHEN EXISTS (SELECT 1 {ACTIVE} AND v.price BETWEEN %s AND %s)
        THEN 1 ELSE 0 END AS in_range"""
HAS_VALUE = """,
        CASE WHEN EXISTS (
            SELECT 1 FROM catalog_attributevalue w JOIN catalog_attribute a ON a.id = w.attribute_id
            WHERE w.product_id = p.id AND a.code = %s AND w.slug IN ({slugs})
        ) THEN 1 ELSE 0 END AS has_{number}"""

# A row of totals (without a code), and a row per value. The range of prices is that of all prices the
# other wishes leave, so that it can be widened again.
COUNTS = """
SELECT 0 AS place, '' AS name, '' AS code, '' AS slug, '' AS label,
    SUM(CASE WHEN {shown} THEN 1 ELSE 0 END) AS total,
    SUM(CASE WHEN o.in_range = 1 AND o.buyable = 1 THEN 1 ELSE 0 END) AS in_stock,
    MIN(CASE WHEN {wanted} THEN o.lowest END) AS lowest,
    MAX(CASE WHEN {wanted} THEN o.highest END) AS highest
FROM offered o WHERE {has_all}
UNION ALL
SELECT MIN(a.position), MIN(a.name), a.code, w.slug, MIN(w.value), COUNT(*), 0, 0, 0
FROM offered o
JOIN catalog_attributevalue w ON w.product_id = o.id
JOIN catalog_attribute a ON a.id = w.attribute_id AND a.is_facet
WHERE {has_others}
GROUP BY a.code, w.slug"""


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


def sieve(wishes: Wishes) -> Sieve:
    """The wishes in SQL: for each of them a column that says whether a product fulfils it."""
    columns, values = ",\n        1 AS in_range", list[Any]()
    if (wishes.low, wishes.high) != (None, None):
        columns = IN_RANGE
        values = [wishes.low or 0, LARGEST if wishes.high is None else wishes.high]
    for number, (code, slugs) in enumerate(wishes.values.items()):
        places = ", ".join(["%s"] * len(slugs))
        columns += HAS_VALUE.format(number=number, slugs=places)
        values += [code, *sorted(slugs)]
    return Sieve(columns, tuple(values), " AND ".join([_can_be_had(wishes), *_has_all(wishes)]))


def survey(selection: Selection, wishes: Wishes) -> Survey:
    """Count what is offered of a selection, in one query."""
    chosen = sieve(wishes)
    wanted = "o.buyable = 1" if wishes.in_stock else "1 = 1"
    others = [f"({has} OR a.code = %s)" for has in _has_all(wishes)]
    statement = (OFFERED + COUNTS).format(
        hits=selection.hits,
        columns=chosen.columns,
        shown=_can_be_had(wishes),
        wanted=wanted,
        has_all=" AND ".join(["1 = 1", *_has_all(wishes)]),
        has_others=" AND ".join([_can_be_had(wishes), *others]),
    )
    rows = ask(statement, *chosen.values, *selection.values, *wishes.values)
    totals = next(row[5:] for row in rows if not row[2])
    total, in_stock, lowest, highest = totals
    return Survey(
        total or 0, in_stock or 0, lowest, highest, _facets((r for r in rows if r[2]), wishes)
    )


def _can_be_had(wishes: Wishes) -> str:
    """For a price in the range that was asked for, and now if that was."""
    return "o.in_range = 1 AND o.buyable = 1" if wishes.in_stock else "o.in_range = 1"


def _has_all(wishes: Wishes) -> list[str]:
    return [f"o.has_{number} = 1" for number in range(len(wishes.values))]


def _facets(rows: Iterable[tuple[Any, ...]], wishes: Wishes) -> list[Facet]:
    """Facets in the merchant's order, values by name. One with a single value offers no choice."""
    facets: dict[str, Facet] = {}
    for row in sorted(rows, key=lambda r: (r[0], r[1], r[4].casefold())):
        _place, name, code, slug, label, count, *_ = row
        facet = facets.setdefault(code, Facet(code, name))
        facet.values.append(FacetValue(slug, label, count, slug in wishes.values.get(code, ())))
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
