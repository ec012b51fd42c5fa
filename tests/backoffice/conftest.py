from datetime import UTC, datetime

import pytest
from django.test import Client

import bodega.urls  # noqa: F401 - reading the addresses registers the back office's pages
from bodega.catalog.models import Product, Stock, Variant
from bodega.customers.models import User
from bodega.orders.models import Order, OrderAddress, OrderLine

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
PASSWORD = "a long enough one"


@pytest.fixture
def owner(db: None) -> User:
    """Somebody who may do everything."""
    return User.objects.create_superuser("owner@example.com", PASSWORD)


@pytest.fixture
def office(client: Client, owner: User) -> Client:
    """A browser in which the owner is logged in."""
    client.force_login(owner)
    return client


@pytest.fixture
def variant(db: None) -> Variant:
    """A print with twelve on hand, two of them promised."""
    product = Product.objects.create(title="Dawn", slug="dawn", status=Product.Status.ACTIVE)
    variant = Variant.objects.create(product=product, sku="DAWN-A3", title="A3", price=2950)
    Stock.objects.update_or_create(variant=variant, defaults={"on_hand": 12, "reserved": 2})
    return variant


@pytest.fixture
def order(variant: Variant) -> Order:
    """A paid order of one print."""
    order = Order.objects.create(
        number="B-1001",
        checkout_key="k",
        status=Order.Status.PAID,
        email="ada@example.com",
        currency="EUR",
        prices_include_tax=True,
        subtotal=2950,
        shipping=490,
        tax=549,
        total=3440,
        placed_at=NOW,
        paid_at=NOW,
    )
    OrderLine.objects.create(
        order=order,
        variant=variant,
        sku="DAWN-A3",
        title="Dawn",
        quantity=1,
        unit_price=2950,
        subtotal=2950,
    )
    OrderAddress.objects.create(
        order=order,
        name="Ada Byron",
        street="Main 1",
        city="Berlin",
        country="DE",
        postcode="10115",
    )
    return order
