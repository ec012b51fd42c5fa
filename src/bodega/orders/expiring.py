"""An order is not paid in time, or given up: its stock goes back on the shelf.

Only for the payment room, after Stripe said that the session is over or when none was ever made
(design 5.2, point 5: never expire alone).
"""

from datetime import datetime

from bodega import outbox
from bodega.catalog import stock
from bodega.discounts import redeeming
from bodega.orders import mails, timeline
from bodega.orders.announcing import announce
from bodega.orders.models import Order


def mark_expired(
    order: Order, reason: str, *, at: datetime, actor: str = "shop", tell: bool = False
) -> bool:
    """Give up an order that awaits payment; False when it does not (any more).

    Runs inside the caller's transaction. `reason` is a sentence for the customer; `tell`: she may have
    left, so it is written to her, gently.
    """
    seen = Order.objects.filter(pk=order.pk, status=Order.Status.AWAITING_PAYMENT)
    if not seen.update(status=Order.Status.EXPIRED):
        return False
    order.status = Order.Status.EXPIRED
    stock.release(order.public_id, reason="not paid in time", actor=actor, now=at)
    if order.discount_code:
        redeeming.undo(order.public_id)
    timeline.record(order, "expired", reason, actor=actor, is_public=True, at=at)
    if tell:
        outbox.put(mails.send, order.pk, "expired")
    outbox.put(announce, order.pk)
    return True
