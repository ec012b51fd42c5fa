"""Orders and refunds as a program reads them. Amounts are minor units, times ISO 8601 in UTC."""

from datetime import datetime
from typing import Any

from bodega.orders.models import Order
from bodega.payments import portions
from bodega.payments.models import Attempt, Refund
from bodega.payments.portions import LineLeft


def order(told: Order) -> dict[str, Any]:
    """An order, with what can still be refunded of it."""
    now = portions.standing(told)
    return {
        "number": told.number,
        "status": told.status,
        "email": told.email,
        "currency": told.currency,
        "total": told.total,
        "tax": told.tax,
        "placed_at": moment(told.placed_at),
        "paid_at": moment(told.paid_at),
        "is_oversold": told.is_oversold,
        "livemode": told.livemode,
        "lines": [line(each) for each in now.lines],
        "shipping": {"paid": portions.paid_for_shipping(told), "refundable": now.shipping},
        "payments": [payment(each) for each in now.payments],
        "refunded": now.refunded,
        "refundable": now.left,
        "refunds": refunds(told),
    }


def line(told: LineLeft) -> dict[str, Any]:
    """A line; `paid` contains its tax, `refundable` is a quantity."""
    return {
        "id": told.line.pk,
        "sku": told.line.sku,
        "title": told.line.title,
        "options": told.line.options,
        "quantity": told.line.quantity,
        "paid": told.price,
        "refundable": told.left,
    }


def payment(told: Attempt) -> dict[str, Any]:
    """A payment that holds, or held, money."""
    return {
        "id": told.pk,
        "payment_intent": told.payment_intent,
        "captured": told.captured,
        "refunded": told.refunded,
    }


def refunds(told: Order) -> list[dict[str, Any]]:
    """All refunds of an order, the oldest first."""
    return [refund(each) for each in told.refunds.prefetch_related("lines__line").order_by("pk")]


def refund(told: Refund) -> dict[str, Any]:
    """A refund; `id` is its key, `owed` that it came back and the customer waits for the money."""
    return {
        "id": told.idempotency_key,
        "state": told.state,
        "amount": told.amount,
        "currency": told.currency,
        "shipping": told.shipping,
        "lines": [
            {
                "line": part.line_id,
                "sku": part.line.sku,
                "quantity": part.quantity,
                "amount": part.amount,
                "restocked": part.is_restocked,
            }
            for part in told.lines.all()
        ],
        "reason": told.reason,
        "note": told.note,
        "payment": told.attempt_id,
        "stripe_id": told.refund_id,
        "imported": told.is_imported,
        "owed": told.is_owed,
        "failure": told.failure or None,
        "created_at": moment(told.created_at),
    }


def moment(at: datetime | None) -> str | None:
    """ISO 8601."""
    return at.isoformat() if at else None
