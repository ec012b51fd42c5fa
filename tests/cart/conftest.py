"""A small shop to put things into a cart from."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bodega.cart import changing
from bodega.cart.models import Cart
from bodega.catalog.models import Product, Stock, Variant
from bodega.merchant.models import Merchant
from bodega.shipping.models import Band, Method, Zone, ZoneCountry
from bodega.taxes.models import TaxClass, TaxRate

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MakeVariant = Callable[..., Variant]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def merchant(db: None) -> Merchant:
    return Merchant.objects.create(pk=1, name="Prints", country="DE", currency="EUR")


@pytest.fixture
def make_variant(merchant: Merchant) -> MakeVariant:
    """Makes sellable variants: `make_variant(price=1250, on_hand=3, title="A3", …)`."""
    made = 0

    def make(
        price: int = 1000, on_hand: int = 10, tax_class: str = "standard", **values: Any
    ) -> Variant:
        nonlocal made
        made += 1
        product = Product.objects.create(
            title=values.pop("product", f"Print {made}"),
            slug=f"print-{made}",
            status=values.pop("status", Product.Status.ACTIVE),
            tax_class=tax_class,
        )
        stock: dict[str, Any] = {
            key: values.pop(key) for key in ("is_tracked", "may_backorder") if key in values
        }
        variant = Variant.objects.create(
            **{"product": product, "sku": f"P-{made}", "price": price, "weight": 500, **values}
        )
        Stock.objects.update_or_create(variant=variant, defaults={"on_hand": on_hand, **stock})
        variant.refresh_from_db()
        return variant

    return make


@pytest.fixture
def variant(make_variant: MakeVariant) -> Variant:
    return make_variant(product="Dunes", title="A3 / oak")


@pytest.fixture
def cart(variant: Variant) -> Cart:
    """A cart with two of `variant`."""
    return changing.add("", variant.pk, 2, NOW)


@pytest.fixture
def served(merchant: Merchant) -> dict[str, Method]:
    """Germany (parcel 490, pickup) and Austria (parcel 990); VAT 19/7 % and 20 %."""
    for code, rates in {
        "standard": {"DE": 190_000, "AT": 200_000},
        "reduced": {"DE": 70_000},
    }.items():
        tax_class = TaxClass.objects.create(code=code, name=code)
        for country, ppm in rates.items():
            TaxRate.objects.create(tax_class=tax_class, country=country, ppm=ppm)
    methods = {}
    for country, price in {"DE": 490, "AT": 990}.items():
        zone = Zone.objects.create(name=country)
        ZoneCountry.objects.create(zone=zone, country=country)
        methods[country] = Method.objects.create(zone=zone, name="Parcel", position=1)
        Band.objects.create(method=methods[country], price=price)
    methods["pickup"] = Method.objects.create(
        zone=methods["DE"].zone, name="Pick up", basis=Method.Basis.PICKUP, position=0
    )
    return methods
