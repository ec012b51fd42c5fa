"""The merchant's own pages: terms, privacy, imprint, withdrawal, about."""

from bodega.databases.prepared import Prepared
from bodega.merchant.models import Page

FOOTER = Prepared(lambda: Page.objects.filter(in_footer=True).defer("body"))


def footer_pages() -> list[Page]:
    """Pages linked below every page, without their bodies, in one query."""
    return FOOTER.rows()


def find(slug: str) -> Page | None:
    """The page with this slug."""
    return Page.objects.filter(slug=slug).first()


def of_kind(kind: Page.Kind) -> Page | None:
    """The page the law wants under a name, e.g. the terms to link beside the order button."""
    return Page.objects.filter(kind=kind).first()
