"""The merchant's own pages: terms, privacy, imprint, withdrawal, about."""

from django.db.models import QuerySet

from bodega.merchant.models import Page


def footer_pages() -> QuerySet[Page]:
    """Pages linked below every page; asked for when first looked at, in one query, without bodies."""
    return Page.objects.filter(in_footer=True).defer("body")


def find(slug: str) -> Page | None:
    """The page with this slug."""
    return Page.objects.filter(slug=slug).first()


def of_kind(kind: Page.Kind) -> Page | None:
    """The page the law wants under a name, e.g. the terms to link beside the order button."""
    return Page.objects.filter(kind=kind).first()
