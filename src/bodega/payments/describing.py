"""An order as Stripe is told it, with everything needed to rebuild the order from that alone.

Stripe's limits (https://docs.stripe.com/metadata): 50 keys, 40 characters a key, 500 a value. Empty
values are left out: to Stripe they mean "take this key away". The lines sent add up to the order's
total exactly, whatever discount and tax do: a discounted line travels as one piece at its final price.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from bodega.orders.models import Order, OrderAddress, OrderLine
from bodega.payments import identity, units
from bodega.payments.models import Attempt

SCHEMA = "1"
LONGEST_VALUE = 500
RETURN_PATH = "/payments/return/?session_id={CHECKOUT_SESSION_ID}"
ORDER_FIELDS = (
    *("subtotal", "discount", "discount_code", "shipping", "shipping_tax", "shipping_method"),
    *("shipping_days", "tax", "phone", "note", "cart_token", "checkout_key"),
)
LINE_FIELDS = (
    *("sku", "title", "options", "image", "quantity", "unit_price", "subtotal", "discount"),
    *("tax_name", "tax_ppm", "tax", "weight"),
)
ADDRESS_FIELDS = (*("name", "company", "street", "extra", "postcode", "city", "region", "country"),)


def session_params(attempt: Attempt) -> dict[str, Any]:
    """What creates the attempt's Checkout Session. Made of frozen rows only: a repeat says the same."""
    order = attempt.order
    addresses = list(order.addresses.all())
    named = names(order, attempt)
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "client_reference_id": order.public_id,
        "customer_email": order.email,
        "expires_at": int(attempt.expires_at.timestamp()),
        "success_url": settings.PUBLIC_URL + RETURN_PATH,
        "cancel_url": f"{settings.PUBLIC_URL}/payments/cancelled/{order.public_id}/",
        "line_items": list(line_items(order, order.lines.all())),
        "metadata": {**named, **particulars(order, addresses)},
        "payment_intent_data": {
            "description": f"Order {order.number}",
            "metadata": named,
            **shipping_for_the_bank(order, addresses),
        },
    }


def names(order: Order, attempt: Attempt) -> dict[str, str]:
    """Which order and attempt this is: on the session and on its payment intent."""
    return {
        "shop": identity.shop(),
        "environment": identity.environment(),
        "schema": SCHEMA,
        "order": order.public_id,
        "order_id": str(order.pk),
        "number": order.number,
        "attempt": str(attempt.n),
        "total": str(order.total),
        "currency": order.currency,
    }


def particulars(order: Order, addresses: Iterable[OrderAddress]) -> dict[str, str]:
    """The rest of the order, on the session only."""
    told: dict[str, Any] = {field: getattr(order, field) for field in ORDER_FIELDS}
    told["prices_include_tax"] = int(order.prices_include_tax)
    told["is_pickup"] = int(order.is_pickup)
    told["taxes"] = json.dumps(order.taxes, separators=(",", ":"))
    told["placed_at"] = order.placed_at.isoformat()
    if order.terms_accepted_at:
        told["terms_accepted_at"] = order.terms_accepted_at.isoformat()
    for address in addresses:
        for field in ADDRESS_FIELDS:
            told[f"{address.kind}_{field}"] = getattr(address, field)
    return as_metadata(told)


def line_items(order: Order, lines: Iterable[OrderLine]) -> Iterable[dict[str, Any]]:
    """The lines the customer sees at Stripe; goods first, then shipping, then tax on top."""
    for line in lines:
        pieces = 1 if line.discount else line.quantity
        name = f"{line.quantity} × {line.title}" if pieces != line.quantity else line.title
        amount = line.total if line.discount else line.unit_price
        yield _item(order, name, amount, pieces, line.options, {"kind": "line", **_line(line)})
    if order.shipping:
        name = order.shipping_method or "Shipping"
        yield _item(order, name, order.shipping, 1, "", {"kind": "shipping"})
    if order.added_tax:
        yield _item(order, "Tax", order.added_tax, 1, "", {"kind": "tax"})


def as_metadata(told: dict[str, Any]) -> dict[str, str]:
    """Text values within Stripe's limit, empty ones left out."""
    return {key: str(value)[:LONGEST_VALUE] for key, value in told.items() if str(value)}


def shipping_for_the_bank(order: Order, addresses: Iterable[OrderAddress]) -> dict[str, Any]:
    """Where the goods go, in Stripe's words: it lowers declines and answers disputes."""
    place = next((a for a in addresses if a.kind == OrderAddress.Kind.SHIPPING), None)
    if place is None or order.is_pickup:
        return {}
    address = {
        "line1": place.street,
        "line2": place.extra,
        "postal_code": place.postcode,
        "city": place.city,
        "state": place.region,
        "country": place.country,
    }
    about = {"name": place.name, "phone": order.phone, "address": address}
    about["address"] = {key: value for key, value in address.items() if value}
    return {"shipping": {key: value for key, value in about.items() if value}}


def _item(
    order: Order, name: str, amount: int, pieces: int, about: str, told: dict[str, Any]
) -> dict[str, Any]:
    product: dict[str, Any] = {"name": name, "metadata": as_metadata(told)}
    if about:
        product["description"] = about
    price = {
        "currency": order.currency.lower(),
        "unit_amount": units.to_stripe(amount, order.currency),
        "product_data": product,
    }
    return {"quantity": pieces, "price_data": price}


def _line(line: OrderLine) -> dict[str, Any]:
    told = {field: getattr(line, field) for field in LINE_FIELDS}
    return told | {"variant": line.variant_id or ""}
