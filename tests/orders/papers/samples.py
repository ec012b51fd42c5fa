"""Orders and contents to print, made with the shop's own arithmetic."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from bodega.merchant.models import Merchant
from bodega.orders.models import Invoice, Order, OrderAddress, OrderLine
from bodega.orders.papers import contents
from bodega.orders.papers.contents import ADDRESS, LINE
from bodega.taxes.amounts import Rate, Totals, totals

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STANDARD, REDUCED = Rate("VAT", 190_000), Rate("VAT", 70_000)

# (price apiece, how many, rate)
Goods = Sequence[tuple[int, int, Rate]]


def merchant(**changes: Any) -> Merchant:
    """A seller with everything that an invoice names; unsaved."""
    about = {
        "name": "Bodega Prints",
        "legal_name": "Bodega Prints GmbH",
        "street": "Weserstraße 42",
        "postcode": "12045",
        "city": "Berlin",
        "vat_id": "DE136695976",
        "tax_number": "30/123/45678",
        "email": "hello@bodega.example",
    }
    return Merchant(**(about | changes))


def add_up(
    goods: Goods, *, shipping: int = 490, discount: Sequence[int] = (), inclusive: bool = True
) -> Totals:
    """Every amount of an order."""
    lines = [(price * count, rate) for price, count, rate in goods]
    return totals(lines, discount or [0] * len(lines), (shipping, None), inclusive=inclusive)


def order_of(sums: Totals, **changes: Any) -> Order:
    """The order's row, unsaved."""
    about = {
        "number": "B-1001",
        "checkout_key": "k",
        "email": "ada@example.com",
        "currency": "EUR",
        "prices_include_tax": sums.prices_include_tax,
        "subtotal": sums.subtotal,
        "discount": sums.discount,
        "discount_code": "AUTUMN" if sums.discount else "",
        "shipping": sums.shipping,
        "shipping_tax": sums.shipping_tax,
        "shipping_method": "Parcel",
        "shipping_days": "2–4",
        "tax": sums.tax,
        "taxes": [
            {"name": str(row.rate), "ppm": row.rate.ppm, "net": row.net, "tax": row.tax}
            for row in sums.summary
        ],
        "total": sums.total,
        "placed_at": NOW,
    }
    return Order(**(about | changes))


def lines_of(goods: Goods, sums: Totals, title: str = "Dunes") -> list[OrderLine]:
    return [
        OrderLine(
            sku=f"SKU-{n}",
            title=title,
            options="A3 / oak",
            quantity=count,
            unit_price=price,
            subtotal=part.subtotal,
            discount=part.discount,
            tax_name=rate.name,
            tax_ppm=rate.ppm,
            tax=part.tax,
        )
        for n, ((price, count, rate), part) in enumerate(zip(goods, sums.lines, strict=True), 1)
    ]


def address(**changes: str) -> OrderAddress:
    about = {"name": "Ada Lovelace", "street": "Torstr. 1", "city": "Berlin", "postcode": "10115"}
    return OrderAddress(**({"kind": "shipping", "country": "DE"} | about | changes))


def invoice_content(
    goods: Goods,
    *,
    shop: Merchant | None = None,
    title: str = "Dunes",
    addresses: Sequence[OrderAddress] = (),
    order: dict[str, Any] | None = None,
    **amounts: Any,
) -> dict[str, Any]:
    """What an invoice over `goods` says; `order`: changes to the order's row."""
    sums = add_up(goods, **amounts)
    parts = [
        {field: getattr(line, field) for field in LINE} for line in lines_of(goods, sums, title)
    ]
    places = [
        {field: getattr(place, field) for field in ("kind", *ADDRESS)}
        for place in addresses or [address()]
    ]
    made = order_of(sums, **(order or {}))
    said = contents.invoice(made, parts, places, shop or merchant(), NOW)
    return {**said, "number": "INV-00042"}


def text_of(pdf: bytes) -> str:
    """All the words of a PDF; spaces that do not break are plain ones."""
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    return "\n".join(pages).replace("\xa0", " ").replace("\u202f", " ")


def saved(order: Order, goods: Goods, sums: Totals) -> Order:
    """The order in the database, with lines and an address."""
    order.save()
    for line in lines_of(goods, sums):
        line.order = order
        line.save()
    place = address()
    place.order = order
    place.save()
    return order


def invoices(kind: str = "invoice") -> list[int]:
    """The places of a series that are taken."""
    return list(
        Invoice.objects.filter(kind=kind).order_by("sequence").values_list("sequence", flat=True)
    )
