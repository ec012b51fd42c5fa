"""A small shop of prints to look for, filter and buy from."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bodega.catalog.models import Attribute, AttributeValue, Category, Product, Stock, Variant
from bodega.merchant.models import Merchant

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MakeProduct = Callable[..., Product]
MakeVariant = Callable[..., Variant]


@pytest.fixture
def shop(db: None) -> Merchant:
    return Merchant.objects.create(pk=1, name="Prints", tagline="Art for every wall")


@pytest.fixture
def make_variant(shop: Merchant) -> MakeVariant:
    """Makes variants: `make_variant(product, price=2000, on_hand=3, is_tracked=False)`."""
    made = 0

    def make(product: Product, price: int = 2000, on_hand: int = 10, **values: Any) -> Variant:
        nonlocal made
        made += 1
        rules = {k: values.pop(k) for k in ("is_tracked", "may_backorder", "low_at") if k in values}
        variant = Variant.objects.create(
            **{"product": product, "sku": f"SKU-{made}", "price": price, **values}
        )
        Stock.objects.filter(pk=variant.pk).update(on_hand=on_hand, **rules)
        return Variant.objects.get(pk=variant.pk)

    return make


@pytest.fixture
def make_product(make_variant: MakeVariant) -> MakeProduct:
    """Makes active products with one variant: `make_product("Dunes", price=900, style="abstract")`.

    Keywords that are no fields are attributes.
    """

    def make(
        title: str = "Dunes", price: int | None = 2000, on_hand: int = 10, **values: Any
    ) -> Product:
        fields = {field.name for field in Product._meta.get_fields()}
        attributes = {key: values.pop(key) for key in list(values) if key not in fields}
        product = Product.objects.create(
            **{"title": title, "status": Product.Status.ACTIVE, **values}
        )
        if price is not None:
            make_variant(product, price, on_hand)
        for code, value in attributes.items():
            attribute, _ = Attribute.objects.get_or_create(
                code=code, defaults={"name": code.title()}
            )
            AttributeValue.objects.create(product=product, attribute=attribute, value=value)
        return product

    return make


@pytest.fixture
def variant(make_product: MakeProduct) -> Variant:
    """Ten of it are on hand."""
    return make_product("Dunes").variants.get()


@pytest.fixture
def category(shop: Merchant) -> Category:
    return Category.objects.create(name="Landscapes")
