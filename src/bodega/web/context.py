"""What every template knows: the shop, its navigation and its legal pages.

Catalogue pages are the same for everybody (design 4.6), so nothing here looks at the visitor. Each
value costs one query, and only on pages that show it.
"""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from bodega.catalog.models import Category
from bodega.merchant.models import Merchant, Page


@dataclass(frozen=True)
class Branch:
    """A top category and what is below it."""

    category: Category
    children: list[Category] = field(default_factory=list)


def shop(_request: HttpRequest) -> dict[str, Any]:
    """`shop` (the merchant), `navigation` (branches) and `footer_pages`."""
    return {
        "shop": SimpleLazyObject(Merchant.current),
        "navigation": SimpleLazyObject(branches),
        "footer_pages": SimpleLazyObject(lambda: list(Page.objects.filter(in_footer=True))),
    }


def branches() -> list[Branch]:
    """The two upper levels of the category tree, in one query."""
    categories = list(Category.objects.order_by("position", "name"))
    top = {category.pk: Branch(category) for category in categories if not category.parent_id}
    for category in categories:
        if category.parent_id in top:
            top[category.parent_id].children.append(category)
    return list(top.values())
