"""A product on display: pictures, choices, prices, what is left; two queries, a third for its kin.

Choosing works without a script: every value of every option is a link to the variant that has it and
is otherwise nearest to the one on show.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import CharField, IntegerField, OuterRef, QuerySet

from bodega.catalog import offers, pictures, stock
from bodega.catalog.models import AttributeValue, Image, OptionValue, Product, Variant
from bodega.catalog.nesting import Nested
from bodega.databases.prepared import Parameter, Prepared
from bodega.merchant.meta import Meta, summary

MOST_AT_ONCE = 99  # of one article in a cart
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


def _variants() -> QuerySet[Variant]:
    """The active variants of a `product` in the merchant's order, and the option values they have."""
    choices = OptionValue.objects.filter(variants=OuterRef("pk"))
    product = Parameter("product", IntegerField())
    return (
        Variant.objects.filter(product=product, is_active=True)
        .order_by("position", "pk")
        .annotate(
            nested=Nested(
                choices.order_by("option__position", "option", "position", "pk"),
                id="pk",
                value="value",
                place="position",
                option="option_id",
                name="option__name",
                option_place="option__position",
            )
        )
        .select_related("stock")
    )


PRODUCT, VARIANTS = Prepared(_product), Prepared(_variants)
NEAREST = """SELECT n.id, ROW_NUMBER() OVER (ORDER BY n.prominence DESC, n.created_at DESC, n.id DESC)
        AS place FROM (
        SELECT p.id, p.prominence, p.created_at FROM catalog_product p
        WHERE p.status = 'active' AND p.category_id IS NOT DISTINCT FROM %s AND p.id <> %s AND EXISTS (
            SELECT 1 FROM catalog_variant v WHERE v.product_id = p.id AND v.is_active = TRUE)
        ORDER BY p.prominence DESC, p.created_at DESC, p.id DESC LIMIT %s) n"""


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
    choices: dict[int, int]

    @property
    def most(self) -> int:
        """How many can be put into the cart at once; the number left is public only when it is low."""
        return (
            min(MOST_AT_ONCE, self.stock.left or 1) if self.stock.level == "low" else MOST_AT_ONCE
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to choose; `leads_to` is the article one gets."""

    value: str
    leads_to: Article
    is_chosen: bool


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
        self.articles, self._values = _articles(product)
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
        for row in self._values:
            question = found.setdefault(row["option"], Question(row["name"]))
            leads_to = _nearest(self.articles, self.chosen, row["option"], row["id"])
            is_chosen = self.chosen.choices.get(row["option"]) == row["id"]
            question.choices.append(Choice(row["value"], leads_to, is_chosen))
        return list(found.values())

    @property
    def needs_list(self) -> bool:
        """Whether the variants have to be listed because the options do not tell them apart."""
        told_apart = {tuple(sorted(article.choices.items())) for article in self.articles}
        return len(told_apart) < len(self.articles)

    @property
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


def _articles(product: Product) -> tuple[list[Article], list[dict[str, Any]]]:
    """The product's active variants in the merchant's order, and the option values they have."""
    articles, values = [], {}
    for row in VARIANTS.rows(product=product.pk):
        nested: list[dict[str, Any]] = vars(row)["nested"]
        values.update({value["id"]: value for value in nested})
        articles.append(_article(row, {value["option"]: value["id"] for value in nested}))
    in_order = ("option_place", "option", "place", "id")
    return articles, sorted(values.values(), key=lambda value: [value[name] for name in in_order])


def _article(row: Variant, choices: dict[int, int]) -> Article:
    left = stock.availability(getattr(row, "stock", None))
    return Article(
        row.pk, row.sku, row.barcode, row.title, row.price, row.compare_at, left, choices
    )


def _choose(articles: list[Article], wanted: int | None) -> Article | None:
    """The wanted article, or the first that can be bought, or the first."""
    by_id = {article.pk: article for article in articles}
    buyable = (article for article in articles if article.stock.is_buyable)
    return by_id.get(wanted or 0) or next(buyable, None) or next(iter(articles), None)


def _nearest(articles: Iterable[Article], chosen: Article, option: int, value: int) -> Article:
    """Of the articles with `value`, the one that shares most choices with `chosen`; buyable if equal."""
    having = [article for article in articles if article.choices.get(option) == value]
    return max(
        having, key=lambda a: (len(a.choices.items() & chosen.choices.items()), a.stock.is_buyable)
    )
