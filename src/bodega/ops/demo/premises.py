"""Who sells in the demo shop: the merchant, the pages the law wants, a login for the staff."""

from importlib.resources import files

from bodega.customers.models import User
from bodega.merchant.models import Merchant, Page
from bodega.ops.showcase import STAFF

SAMPLE = (
    "> **Sample text.** This page belongs to a demo shop. It shows what such a page may say and is "
    "no legal advice: have your own checked before you open.\n\n"
)
# kind, title, slug, is it of the legal sort
PAGES = (
    (Page.Kind.OTHER, "About us", "about", False),
    (Page.Kind.OTHER, "Shipping and returns", "shipping", False),
    (Page.Kind.TERMS, "Terms and conditions", "terms", True),
    (Page.Kind.WITHDRAWAL, "Right of withdrawal", "withdrawal", True),
    (Page.Kind.PRIVACY, "Privacy", "privacy", True),
    (Page.Kind.IMPRINT, "Imprint", "imprint", True),
)


def move_in() -> None:
    """Write the merchant's data, the pages and the staff login."""
    _merchant()
    _pages()
    _staff()


def _merchant() -> None:
    Merchant.objects.update_or_create(
        pk=1,
        defaults={
            "name": "Bodega Prints",
            "tagline": "Art prints, made to order and meant to stay on the wall.",
            "legal_name": "Bodega Prints GmbH (a demo)",
            "email": "hello@bodega.example",
            "phone": "+49 30 5550 142",
            "street": "Weserstraße 42",
            "postcode": "12045",
            "city": "Berlin",
            "country": "DE",
            "vat_id": "DE136695976",
            "tax_number": "30/123/45678",
            "invoice_note": "Thank you for buying from a small shop.",
            "currency": "EUR",
            "language": "en",
            "order_prefix": "BP-",
            "announcement": "Free shipping within Germany from €80",
            "delivery_note": "Made to order: leaves our workshop within two working days.",
            "is_demo": True,
        },
    )


def _pages() -> None:
    texts = files("bodega.ops.demo") / "pages"
    Page.objects.bulk_create(
        Page(
            kind=kind,
            title=title,
            slug=slug,
            body=(SAMPLE if is_legal else "") + (texts / f"{slug}.md").read_text("utf-8"),
            position=position,
        )
        for position, (kind, title, slug, is_legal) in enumerate(PAGES)
    )


def _staff() -> None:
    email, password = STAFF
    User.objects.create_superuser(email, password, first_name="Robin", last_name="Demo")
