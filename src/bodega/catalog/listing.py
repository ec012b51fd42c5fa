"""A page of products: of a category with everything below it, of a collection, of a search.

Two queries: one counts (`facets`), one fetches the cards of the page.
"""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from bodega.catalog import facets, offers, search
from bodega.catalog.models import Collection
from bodega.catalog.wishes import SORTS, Wishes
from bodega.merchant.models import Merchant

PER_PAGE = 24

PROMINENT = "o.prominence DESC, o.created_at DESC, o.id DESC"
ORDERS = {
    "newest": "o.created_at DESC, o.id DESC",
    "price": "o.lowest, LOWER(o.title), o.id",
    "price-desc": "o.lowest DESC, LOWER(o.title), o.id",
    "name": "LOWER(o.title), o.id",
}


class NoSuchPage(Exception):
    """There are products, but not that many pages of them."""


@dataclass(frozen=True)
class Scope:
    """Which products a listing is about, and their order while the visitor has chosen none."""

    products: offers.Selection
    featured: str = "o.place"
    featured_name: str = SORTS["featured"]


@dataclass(frozen=True, slots=True)
class Chip:
    """A wish in words and the query of the listing without it."""

    label: str
    query: str


@dataclass(frozen=True)
class Listing:
    """What the template shows. `others` are parameters to keep that are no wishes: the search's `q`."""

    page: "Page[offers.Card]"
    wishes: Wishes
    survey: facets.Survey
    sorts: list[tuple[str, str]]
    shop: Merchant
    others: dict[str, str]

    @property
    def cards(self) -> list[offers.Card]:
        return list(self.page.object_list)

    @property
    def chips(self) -> list[Chip]:
        """Every wish that narrows, to be taken back one by one."""
        wishes = self.wishes
        without = [
            (f"{facet.name}: {value.label}", wishes.without(facet.code, value.slug))
            for facet in self.survey.facets
            for value in facet.values
            if value.is_chosen
        ]
        if wishes.low is not None:
            without.append((f"from {self._price(wishes.low)}", wishes.without(low=None)))
        if wishes.high is not None:
            without.append((f"up to {self._price(wishes.high)}", wishes.without(high=None)))
        if wishes.in_stock:
            without.append(("In stock", wishes.without(in_stock=False)))
        return [Chip(label, self._query(others)) for label, others in without]

    @property
    def clear(self) -> str:
        """The query of the listing with nothing narrowed."""
        return self._query(Wishes(sort=self.wishes.sort))

    @property
    def prices(self) -> list[tuple[str, str, str, str]]:
        """The two price fields: name, label, what was asked for, what there is; in major units."""
        wishes, survey = self.wishes, self.survey
        return [
            ("min", "From", self._major(wishes.low), self._major(survey.lowest)),
            ("max", "Up to", self._major(wishes.high), self._major(survey.highest)),
        ]

    def _query(self, wishes: Wishes) -> str:
        return "?" + wishes.query(self.shop.currency, **self.others)

    def _price(self, amount: int) -> str:
        return self.shop.money(amount).display(self.shop.language)

    def _major(self, amount: int | None) -> str:
        return "" if amount is None else str(self.shop.money(amount).decimal)


def of_categories(ids: list[int]) -> Scope:
    """The products of these categories."""
    places = ", ".join(["%s"] * len(ids))
    hits = f"SELECT id, 0 AS place FROM catalog_product WHERE category_id IN ({places})"  # noqa: S608 - placeholders
    return Scope(offers.Selection(hits, tuple(ids)), PROMINENT)


def of_collection(collection: Collection) -> Scope:
    """The products of a collection, in the merchant's order."""
    hits = """SELECT product_id AS id, ROW_NUMBER() OVER (ORDER BY position, id) AS place
        FROM catalog_collectionitem WHERE collection_id = %s"""
    return Scope(offers.Selection(hits, (collection.pk,)))


def of_search(ids: list[int]) -> Scope:
    """The products with these ids (at most `search.MOST`), in this order."""
    return Scope(search.ranked(ids), featured_name="Best match")


def show(scope: Scope, wishes: Wishes, shop: Merchant, **others: str) -> Listing:
    """The page of `scope` that `wishes` ask for. Raises NoSuchPage beyond the last one."""
    survey = facets.survey(scope.products, wishes)
    paginator: Paginator[Any] = Paginator(range(survey.total), PER_PAGE)
    if wishes.page > paginator.num_pages:
        raise NoSuchPage(f"there are {paginator.num_pages} pages, not {wishes.page}")
    cards = _cards(scope, wishes) if survey.total else []
    sorts = list((SORTS | {"featured": scope.featured_name}).items())
    return Listing(Page(cards, wishes.page, paginator), wishes, survey, sorts, shop, others)


def _cards(scope: Scope, wishes: Wishes) -> list[offers.Card]:
    order = scope.featured if wishes.sort == "featured" else ORDERS[wishes.sort]
    first = (wishes.page - 1) * PER_PAGE
    return offers.cards(scope.products, facets.sieve(wishes), order, PER_PAGE, first)
