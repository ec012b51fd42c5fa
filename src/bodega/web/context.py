"""What every template knows: the shop, its navigation and its legal pages.

Catalogue pages are the same for everybody (design 4.6), so nothing here looks at the visitor. Each
value costs one query, and only on pages that show it and whose view has not fetched it already.
"""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from bodega.catalog.navigation import top_categories
from bodega.merchant.models import Merchant
from bodega.merchant.pages import footer_pages


def shop(_request: HttpRequest) -> dict[str, Any]:
    """`shop` (the merchant), `navigation` (branches of the category tree) and `footer_pages`."""
    return {
        "shop": SimpleLazyObject(Merchant.current),
        "navigation": SimpleLazyObject(top_categories),
        "footer_pages": SimpleLazyObject(footer_pages),
    }
