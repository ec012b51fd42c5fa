"""A product on display: pictures, choices, prices, what is left; two queries, a third for its kin.

Choosing works without a script: every value of every option is a link to the variant that has it and
is otherwise nearest to the one on show.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import CharField, OuterRef, QuerySet

from bodega.catalog import articles, offers, pictures
from bodega.catalog.articles import Article
from bodega.catalog.models import AttributeValue, Image, Product
from bodega.catalog.nesting import Nested
from bodega.databases.prepared import Parameter, Prepared
from bodega.merchant.meta import Meta, summary

KIN = 4


def _product() -> QuerySet[Product]:
    """The active product with the `slug`, its pictures and attributes."""
    images = Image.objects.filter(product=OuterRef("pk")).order_by("position", "pk")
    facts = AttributeValue.objects.filter(product=OuterRef("pk"))
    slug = Parameter("slug", CharField())
    return Product.objects.filter(slug=slug, status=Product.Status.ACTIVE).annotate(
        nested_pictures=Nested(images, variant="variant_id", **offers.PICTURE),
        nested_facts=Nested(
            facts.order_by("attribute__position", "attribute__name", "value"),
            name="attribute__name",
            value="value",
        ),
    )


PRODUCT = Prepared(_product)
NEAREST = """SELECT n.id, ROW_NUMBER() OVER (ORDER BY n.prominence DESC, n.created_at DESC, n.id DESC)
        AS place FROM (
        SELECT p.id, p.prominence, p.created_at FROM catalog_product p
        WHERE p.status = 'active' AND p.category_id IS NOT DISTINCT FROM %s AND p.id <> %s AND EXISTS (
            SELECT 1 FROM catalog_variant v WHERE v.product_id = p.id AND v.is_active = TRUE)
        ORDER BY p.prominence DESC, p.created_at DESC, p.id DESC LIMIT %s) n"""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to choose; `leads_to` is the article one gets."""

    value: str
    leads_to: Article
    is_chosen: bool

    @property
    def is_out(self) -> bool:
        return not self.leads_to.stock.is_buyable


@dataclass(frozen=True, slots=True)
class Question:
    """An option of the product with its values."""

    name: str
    choices: list[Choice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fact:
    """An attribute's value, as listed on the page."""

    name: str
    value: str


class Display:
    """What the product page shows of `product` while `wanted` (a variant's id) is chosen."""

    def __init__(self, product: Product, wanted: int | None) -> None:
        self.product = product
        self.articles, self._values = articles.load(product.pk)
        self.chosen = _choose(self.articles, wanted)

    @classmethod
    def find(cls, slug: str, wanted: int | None = None) -> "Display | None":
        """The display of the active product with this slug."""
        product = PRODUCT.first(slug=slug)
        return None if product is None else cls(product, wanted)

    @cached_property
    def pictures(self) -> list[offers.Picture]:
        """Those of the chosen variant first, then the product's, then the other variants'."""
        rows: list[dict[str, Any]] = vars(self.product)["nested_pictures"]
        mine = self.chosen.pk if self.chosen else 0
        rank = {mine: 0, None: 1}
        ordered = sorted(rows, key=lambda row: rank.get(row["variant"], 2))
        return [offers.Picture.parse(row) for row in ordered]

    @cached_property
    def facts(self) -> list[Fact]:
        """Attributes by name; several values of one in one line."""
        by_name: dict[str, list[str]] = {}
        for row in vars(self.product)["nested_facts"]:
            by_name.setdefault(row["name"], []).append(row["value"])
        return [Fact(name, ", ".join(values)) for name, values in by_name.items()]

    @cached_property
    def questions(self) -> list[Question]:
        """The options with more than nothing to choose; empty when variants have no options."""
        if self.chosen is None:
            return []
        found: dict[int, Question] = {}
        for each in self._values:
            question = found.setdefault(each.option, Question(each.name))
            leads_to = _nearest(self.articles, self.chosen, each.option, each.pk)
            is_chosen = self.chosen.choices.get(each.option) == each.pk
            question.choices.append(Choice(each.value, leads_to, is_chosen))
        return list(found.values())

    @cached_property
    def needs_list(self) -> bool:
        """Whether the variants have to be listed because the options do not tell them apart."""
        told_apart = {tuple(sorted(article.choices.items())) for article in self.articles}
        return len(told_apart) < len(self.articles)

    @cached_property
    def can_be_bought(self) -> bool:
        """Whether the form can be sent: the chosen article, or one of the list, is to be had."""
        on_offer = self.articles if self.needs_list else [self.chosen] if self.chosen else []
        return any(article.stock.is_buyable for article in on_offer)

    @property
    def meta(self) -> Meta:
        """One address, whatever variant is chosen."""
        shown = self.product
        return Meta(
            title=shown.seo_title or shown.title,
            path=shown.get_absolute_url(),
            description=shown.seo_description or summary(shown.description),
            image=pictures.address(self.pictures[0], 1600) if self.pictures else "",
            kind="product",
        )

    def kin(self) -> list[offers.Card]:
        """Other products of the same category."""
        shown = self.product
        return offers.cards(offers.Selection(NEAREST, (shown.category_id, shown.pk, KIN)))


def _choose(of: list[Article], wanted: int | None) -> Article | None:
    """The wanted article, or the first that can be bought, or the first."""
    by_id = {article.pk: article for article in of}
    buyable = (article for article in of if article.stock.is_buyable)
    return by_id.get(wanted or 0) or next(buyable, None) or next(iter(of), None)


def _nearest(of: Iterable[Article], chosen: Article, option: int, value: int) -> Article:
    """Of the articles with `value`, the one that shares most choices with `chosen`; buyable if equal."""
    having = [article for article in of if article.choices.get(option) == value]
    return max(
        having, key=lambda a: (len(a.choices.items() & chosen.choices.items()), a.stock.is_buyable)
    )
