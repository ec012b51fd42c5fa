"""The merchant's own pages: terms, privacy, imprint, withdrawal, about."""

from dataclasses import dataclass

from bodega.databases.prepared import Prepared
from bodega.merchant.models import Page


@dataclass(frozen=True, slots=True)
class Link:
    """A page as the footer names it."""

    title: str
    slug: str

    def get_absolute_url(self) -> str:
        return f"/pages/{self.slug}/"


FOOTER = Prepared(lambda: Page.objects.filter(in_footer=True).values_list(*Link.__slots__))


def footer_pages() -> tuple[Link, ...]:
    """Pages linked below every page, in one query."""
    return tuple(Link(*row) for row in FOOTER.rows())


def find(slug: str) -> Page | None:
    """The page with this slug."""
    return Page.objects.filter(slug=slug).first()


def of_kind(kind: Page.Kind) -> Page | None:
    """The page the law wants under a name, e.g. the terms to link beside the order button."""
    return Page.objects.filter(kind=kind).first()
