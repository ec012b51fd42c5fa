"""What search engines read of a page: schema.org as JSON-LD.

It stands in a `<script type="application/ld+json">`, which is data and not run, so a content security
policy without inline scripts lets it pass. Fields as in Google's documentation of product snippets and
breadcrumbs (https://developers.google.com/search/docs/appearance/structured-data/product).
"""

import json
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from bodega.catalog import pictures
from bodega.catalog.articles import Article
from bodega.catalog.display import Display
from bodega.lib.money import Money
from bodega.merchant.meta import absolute, summary

AVAILABILITY = {
    "in": "InStock",
    "low": "LimitedAvailability",
    "out": "OutOfStock",
    "backorder": "BackOrder",
}
# No character with which a text could end the script element or begin a comment in it.
ESCAPED = [(letter, f"\\u{ord(letter):04X}") for letter in "<>&\u2028\u2029"]


def script(*things: dict[str, Any]) -> SafeString:
    """The element to put into a page's head."""
    data = json.dumps(
        [{"@context": "https://schema.org", **thing} for thing in things], ensure_ascii=False
    )
    for letter, written in ESCAPED:
        data = data.replace(letter, written)
    return mark_safe(f'<script type="application/ld+json">{data}</script>')  # noqa: S308 - escaped above


def product(display: Display, currency: str) -> dict[str, Any]:
    """The product with an offer per variant."""
    shown = display.product
    data = {
        "@type": "Product",
        "name": shown.title,
        "url": absolute(shown.get_absolute_url()),
        "description": shown.seo_description or summary(shown.description, 5000),
        "image": [absolute(pictures.address(p, 1600)) for p in display.pictures if p.renditions],
        "brand": {"@type": "Brand", "name": shown.subtitle} if shown.subtitle else None,
        "sku": display.chosen.sku if display.chosen else None,
        "offers": [_offer(display, article, currency) for article in display.articles],
    }
    return {name: value for name, value in data.items() if value}


def _offer(display: Display, article: Article, currency: str) -> dict[str, Any]:
    address = f"{display.product.get_absolute_url()}?variant={article.pk}"
    offer = {
        "@type": "Offer",
        "url": absolute(address),
        "sku": article.sku,
        "gtin": article.barcode if article.barcode.isdigit() else "",
        "name": article.title,
        "price": str(Money(article.price, currency).decimal),
        "priceCurrency": currency,
        "availability": f"https://schema.org/{AVAILABILITY[article.stock.level]}",
        "itemCondition": "https://schema.org/NewCondition",
    }
    return {name: value for name, value in offer.items() if value}


def breadcrumbs(crumbs: list[tuple[str, str]]) -> dict[str, Any]:
    """The way to the page; `crumbs` are (name, path), home first added here."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": absolute(path)}
            for place, (name, path) in enumerate([("Home", "/"), *crumbs], 1)
        ],
    }
