"""What an invoice or a credit note says, as plain JSON: frozen when it is issued, printed whenever.

What European law wants on an invoice is Directive 2006/112/EC, article 226: date of issue, sequential
number, VAT id, names and addresses of both, quantity and kind of the goods, date of supply or of the
payment on account, and per rate the taxable amount, the rate and the tax; article 219 makes a credit
note that names its invoice one too. Amounts are minor units, dates are the merchant's days.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from bodega.merchant.models import Merchant
from bodega.orders.models import Invoice, Order
from bodega.orders.papers.crediting import Credit
from bodega.taxes.amounts import Rate

VERSION = 1
ADDRESS = ("name", "company", "street", "extra", "postcode", "city", "region", "country")
LINE = (
    *("sku", "title", "options", "quantity", "unit_price", "subtotal", "discount"),
    *("tax_name", "tax_ppm", "tax"),
)
SELLER = ("street", "postcode", "city", "country", "email", "phone", "vat_id", "tax_number")

Content = dict[str, Any]
Parts = Sequence[Mapping[str, Any]]


def invoice(
    order: Order, lines: Parts, addresses: Parts, merchant: Merchant, at: datetime
) -> Content:
    """An invoice over a whole order. `lines` and `addresses`: dicts with the fields LINE and ADDRESS."""
    buyer, delivery = parties(addresses)
    return {
        **head(order, merchant, at),
        "kind": str(Invoice.Kind.INVOICE),
        "buyer": buyer,
        "delivery": None if order.is_pickup else delivery,
        "lines": [dict(line) for line in lines],
        "includes_tax": order.prices_include_tax,
        "paid": day(at),
        "delivery_days": "" if order.is_pickup else order.shipping_days,
        "is_pickup": order.is_pickup,
        "subtotal": order.subtotal,
        "discount": order.discount,
        "discount_code": order.discount_code,
        "shipping": order.shipping,
        "shipping_method": order.shipping_method,
        "taxes": [tax_row(row) for row in order.taxes],
        "tax": order.tax,
        "total": order.total,
    }


def credit_note(
    order: Order, corrected: Invoice, credit: Credit, merchant: Merchant, at: datetime
) -> Content:
    """A credit note over a part of `corrected`, or what is left of it. Its amounts contain the tax."""
    return {
        **head(order, merchant, at),
        "kind": str(Invoice.Kind.CREDIT_NOTE),
        "corrects": {"number": corrected.number, "issued": corrected.content["issued"]},
        "buyer": corrected.content["buyer"],
        "lines": list(credit.lines),
        "shipping": credit.shipping,
        "rest": credit.rest,
        "taxes": list(credit.taxes),
        "tax": credit.tax,
        "total": credit.total,
    }


def head(order: Order, merchant: Merchant, at: datetime) -> Content:
    """Who, when, about which order; the number comes when it is taken."""
    return {
        "version": VERSION,
        "language": merchant.language,
        "currency": order.currency,
        "issued": day(at),
        "order": {"number": order.number, "placed": day(order.placed_at), "email": order.email},
        "seller": {
            "shop": merchant.name,
            "name": merchant.legal_name or merchant.name,
            **{field: getattr(merchant, field) for field in SELLER},
        },
        "note": merchant.invoice_note,
        "is_demo": merchant.is_demo,
    }


def parties(
    addresses: Parts,
) -> tuple[Mapping[str, str] | None, Mapping[str, str] | None]:
    """Whom the invoice names, and where it goes if that is elsewhere."""
    by_kind = {each["kind"]: {f: each[f] for f in ADDRESS if each[f]} for each in addresses}
    shipping = by_kind.get("shipping")
    buyer = by_kind.get("billing", shipping)
    return buyer, shipping if shipping != buyer else None


def tax_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `Order.taxes`, its name without the percentage, which languages write differently."""
    percent = f"{Rate('', row['ppm'])}"
    name = row["name"].removesuffix(percent).strip()
    return {"name": name, "ppm": row["ppm"], "net": row["net"], "tax": row["tax"]}


def day(moment: datetime) -> str:
    """The merchant's date, "2026-11-25"."""
    return timezone.localtime(moment).date().isoformat()
