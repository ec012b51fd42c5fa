"""Packing slips: what to put into the parcel, and no prices."""

import pytest

from bodega.catalog.models import Product, Variant
from bodega.merchant.models import Merchant
from bodega.orders.models import Order, Shipment, ShipmentLine
from bodega.orders.papers import slips
from bodega.orders.papers.slip import packing_slip
from tests.orders.papers.samples import NOW, STANDARD, add_up, order_of, saved, text_of

pytestmark = pytest.mark.django_db
GOODS = [(2500, 3, STANDARD), (1999, 2, STANDARD)]


@pytest.fixture
def order() -> Order:
    """Three of one print, which has a barcode, and two of another."""
    Merchant.objects.create(pk=1, name="Bodega Prints")
    sums = add_up(GOODS)
    made = saved(order_of(sums, note="Please ring twice."), GOODS, sums)
    product = Product.objects.create(title="Dunes", slug="dunes")
    variant = Variant.objects.create(product=product, sku="SKU-1", barcode="4006381333931", price=1)
    made.lines.filter(sku="SKU-1").update(variant=variant)
    return made


def test_the_whole_order_with_sku_quantity_and_barcode(order: Order) -> None:
    text = text_of(packing_slip(slips.slip(order, None)))
    for words in (
        *("Packing slip B-1001", "Ada Lovelace", "SKU-1", "SKU-2", "4006381333931"),
        *("Pieces: 5", "Please ring twice.", "Parcel"),
    ):
        assert words in text, words


def test_there_is_no_price_on_it(order: Order) -> None:
    text = text_of(packing_slip(slips.slip(order, None)))
    assert "€" not in text
    for price in ("25.00", "19.99", "4.90"):
        assert price not in text


def test_a_parcel_names_only_what_is_in_it(order: Order) -> None:
    parcel = Shipment.objects.create(order=order, n=2, carrier="DHL", actor="me", shipped_at=NOW)
    line = order.lines.get(sku="SKU-1")
    ShipmentLine.objects.create(shipment=parcel, line=line, quantity=1)
    text = text_of(slips.packing_slip(order, parcel))
    assert "Parcel 2" in text
    assert "DHL" in text
    assert "Pieces: 1" in text
    assert "SKU-2" not in text


def test_many_articles_go_on_over_the_page(order: Order) -> None:
    content = slips.slip(order, None)
    content["lines"] = content["lines"] * 20
    text = text_of(packing_slip(content))
    assert "Page 2 of " in text
    assert text.count("SKU-2") == 20
