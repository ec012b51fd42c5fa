"""An order is called off before anything of it was shipped.

What was paid stays visible on the order until it is refunded; the refund is the payment room's.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from bodega import outbox
from bodega.catalog import stock
from bodega.catalog.models import Movement
from bodega.discounts import redeeming
from bodega.orders import mails, timeline
from bodega.orders.announcing import announce
from bodega.orders.models import Cancellation, Order

# An order that waits for money is not among them: Stripe ends its session first (design 5.2, point 5),
# by which it expires.
CANCELLABLE = (Order.Status.PAID, Order.Status.EXPIRED)
# What goes off the shelf for an order and comes back from it.
THERE_AND_BACK = (Movement.Reason.SOLD, Movement.Reason.RETURNED)


class CannotCancel(ValueError):
    """The order cannot be called off; the message says why and what to do. Nothing was written."""


def cancel(order: Order, reason: str, *, actor: str, at: datetime) -> bool:
    """Call the order off; False when it was already. Raises CannotCancel.

    Stock goes back on the shelf, a discount code may be used again, the customer gets a mail with
    `reason`, a sentence for her.
    """
    with transaction.atomic():
        standing = Order.objects.filter(pk=order.pk, status__in=CANCELLABLE)
        if not standing.update(status=Order.Status.CANCELLED):
            return explain(order)
        if order.shipments.exists():
            raise CannotCancel(f"A parcel of {order} has left already: refund it instead.")
        order.status = Order.Status.CANCELLED
        stock.release(order.public_id, reason="cancelled", actor=actor, now=at)
        put_back(order, actor=actor, at=at)
        redeeming.undo(order.public_id)
        write_down(order, reason, actor=actor, at=at)
    return True


def explain(order: Order) -> bool:
    """False for an order that is cancelled already; raises CannotCancel for all others."""
    order.refresh_from_db()
    if order.status == Order.Status.CANCELLED:
        return False
    if order.is_awaiting:
        raise CannotCancel(f"{order} waits for a payment: its session at Stripe is ended first.")
    raise CannotCancel(f"{order} was shipped: it can be refunded, not cancelled.")


def put_back(order: Order, *, actor: str, at: datetime) -> None:
    """What the stock's ledger says left for this order and has not come back: a refund may have
    restocked some of it, and an oversold order took less than it wanted."""
    moved = Movement.objects.filter(reference=order.public_id, reason__in=THERE_AND_BACK)
    for row in moved.order_by("variant_id").values("variant_id").annotate(n=Sum("on_hand_delta")):
        if row["n"] < 0:
            stock.adjust(
                row["variant_id"],
                -row["n"],
                Movement.Reason.RETURNED,
                actor=actor,
                note="order cancelled",
                reference=order.public_id,
                now=at,
            )


def write_down(order: Order, reason: str, *, actor: str, at: datetime) -> None:
    """The row, the timeline, and what follows. An order that was paid after it was cancelled can be
    cancelled again: the row is of the last time, the timeline of every time."""
    Cancellation.objects.update_or_create(
        order=order, defaults={"reason": reason, "actor": actor, "at": at}
    )
    before = order.events.filter(kind="cancelled").count()
    timeline.record(order, "cancelled", f"Cancelled: {reason}", actor=actor, is_public=True, at=at)
    outbox.put(mails.send, order.pk, "cancelled", about=str(before + 1) if before else "")
    outbox.put(announce, order.pk)
