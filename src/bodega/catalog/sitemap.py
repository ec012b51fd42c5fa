"""sitemap.xml and robots.txt: what search engines should read, and what not.

A sitemap holds at most 50,000 addresses (https://www.sitemaps.org/protocol.html); a larger shop gets
an index of parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from bodega.catalog import offers
from bodega.catalog.models import Category, Collection, Product
from bodega.merchant.meta import absolute
from bodega.merchant.models import Merchant, Page

PER_PART = 50_000
PRIVATE = ("/backoffice/", "/cart/", "/checkout/", "/live/", "/orders/", "/payments/", "/search/")


@dataclass(frozen=True, slots=True)
class Entry:
    """An address and when its page last changed, if that is known."""

    address: str
    changed_at: datetime | None = None


def parts() -> int:
    """How many sitemaps the products need."""
    return max(1, -(-products().count() // PER_PART))


def addresses(count: int) -> list[str]:
    """Where the parts are."""
    return [absolute(f"/sitemap.xml?part={part}") for part in range(1, count + 1)]


def entries(part: int) -> Iterator[Entry]:
    """The addresses of one part, counted from 1; everything but products is in the first."""
    if part == 1:
        yield Entry(absolute("/"))
        for category in Category.objects.all():
            yield Entry(absolute(category.get_absolute_url()))
        for collection in Collection.objects.all():
            yield Entry(absolute(collection.get_absolute_url()))
        for page in Page.objects.defer("body"):
            yield Entry(absolute(page.get_absolute_url()), page.updated_at)
    for slug, changed_at in products()[(part - 1) * PER_PART : part * PER_PART]:
        yield Entry(absolute(f"/p/{slug}/"), changed_at)


def products() -> "QuerySet[Product, tuple[str, datetime]]":
    """Slug and time of change of every product that can be found."""
    return offers.offered().order_by("pk").values_list("slug", "updated_at")


def robots() -> str:
    """robots.txt: a demo is kept out of search engines altogether."""
    if Merchant.current().is_demo:
        return "User-agent: *\nDisallow: /\n"
    private = "".join(f"Disallow: {path}\n" for path in PRIVATE)
    return f"User-agent: *\n{private}\nSitemap: {absolute('/sitemap.xml')}\n"
