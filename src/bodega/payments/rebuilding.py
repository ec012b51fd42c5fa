"""An order that Stripe knows and the shop does not: written again from the session.

Happens after a restore of an older backup, or after any loss of rows (design 5.2, point 4). Everything
is in the session's metadata and in that of its lines (`describing`); the row is flagged `is_recovered`.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from bodega.catalog import stock
from bodega.catalog.models import Variant
from bodega.merchant.models import Merchant
from bodega.orders import freezing, paying, timeline
from bodega.orders.models import Order, OrderAddress, OrderLine
from bodega.payments import attempts
from bodega.payments.describing import ADDRESS_FIELDS, LINE_FIELDS, ORDER_FIELDS
from bodega.payments.models import Attempt
from bodega.payments.sessions import Item, Session

logger = logging.getLogger(__name__)

ORDER_AMOUNTS = {"subtotal", "discount", "shipping", "shipping_tax", "tax"}
LINE_AMOUNTS = {"quantity", "unit_price", "subtotal", "discount", "tax_ppm", "tax", "weight"}


def rebuild(session: Session, items: Sequence[Item], *, now: datetime) -> Attempt:
    """Write the lost order and its attempt, inside the caller's transaction, and take its stock.

    Raises KeyError or ValueError when the metadata is not what `describing` writes.
    """
    told = session.metadata
    lines = [line_of(item) for item in items if item.metadata.get("kind") == "line"]
    known = set(Variant.objects.in_bulk([line.variant_id for line in lines if line.variant_id]))
    for line in lines:
        line.variant_id = line.variant_id if line.variant_id in known else None
    order = order_of(session, now)
    freezing.freeze(order, lines, addresses_of(told), merchant=Merchant.current(), actor="recovery")
    attempt = attempts.open_attempt(order, now=session.created, n=int(told["attempt"]))
    attempts.record_session(attempt, session)
    message = f"Rebuilt from Stripe ({session.id}): the shop had lost it"
    timeline.record(order, "recovered", message, at=now, actor="recovery")
    logger.error("order %s was missing and has been rebuilt from %s", order, session.id)
    take_stock(order, lines, now)
    return attempt


def order_of(session: Session, now: datetime) -> Order:
    """The order's row; under its old id and number, if those are free."""
    told = session.metadata
    number, pk = told["number"], int(told["order_id"])
    if Order.objects.filter(number=number).exists():
        number += "R"
    placed_at = datetime.fromisoformat(told["placed_at"])
    terms = told.get("terms_accepted_at")
    return Order(
        pk=None if Order.objects.filter(pk=pk).exists() else pk,
        public_id=told["order"],
        number=number,
        email=session.email,
        currency=told["currency"],
        total=int(told["total"]),
        taxes=json.loads(told["taxes"]),
        prices_include_tax=told["prices_include_tax"] == "1",
        is_pickup=told["is_pickup"] == "1",
        placed_at=placed_at,
        terms_accepted_at=datetime.fromisoformat(terms) if terms else None,
        expires_at=max(session.expires_at, now),
        is_recovered=True,
        livemode=session.livemode,
        **read(told, ORDER_FIELDS, ORDER_AMOUNTS),
    )


def line_of(item: Item) -> OrderLine:
    """The line, with everything that was frozen in it."""
    variant = item.metadata.get("variant")
    return OrderLine(
        variant_id=int(variant) if variant else None,
        **read(item.metadata, LINE_FIELDS, LINE_AMOUNTS),
    )


def addresses_of(told: Mapping[str, str]) -> list[OrderAddress]:
    """Shipping and, if it was another one, billing address."""
    return [
        OrderAddress(kind=kind, **{f: told.get(f"{kind}_{f}", "") for f in ADDRESS_FIELDS})
        for kind in OrderAddress.Kind.values
        if f"{kind}_country" in told
    ]


def take_stock(order: Order, lines: Sequence[OrderLine], now: datetime) -> None:
    """Reserve what is left of it, line by line; paying then sells it. What is gone is flagged."""
    missing = {}
    for line in lines:
        if line.variant_id is None:
            continue
        try:
            wanted = [(line.variant_id, line.quantity)]
            with transaction.atomic():
                stock.reserve(order.public_id, wanted, order.expires_at or now, now=now)
        except stock.OutOfStock as short:
            missing[line.variant_id] = line.quantity - short.available
        except stock.AlreadyReserved:
            continue  # the stock's own rows survived: paying sells them
    if missing:
        paying.mark_oversold(order, missing, at=now)


def read(told: Mapping[str, str], fields: Sequence[str], amounts: set[str]) -> dict[str, Any]:
    """Fields from metadata: an absent amount is 0, an absent text is empty."""
    return {
        field: int(told.get(field, "0")) if field in amounts else told.get(field, "")
        for field in fields
    }
