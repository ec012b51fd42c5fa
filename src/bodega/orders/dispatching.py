"""Parcels leave the house, or wait at the counter: never more than was ordered and is still owed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, Sum

from bodega import outbox
from bodega.orders import carriers, mails, timeline
from bodega.orders.announcing import announce
from bodega.orders.models import Order, OrderLine, Shipment, ShipmentLine

# Refunds that did not fail, or only after they were credited (`payments.portions` asks alike).
STANDING = ~Q(refunds__refund__state="failed") | Q(refunds__refund__credited__gt=0)


class CannotShip(ValueError):
    """The parcel cannot leave as described; the message says why. Nothing was written."""


class ShippedMeanwhile(CannotShip):
    """The parcel of this number has left already: a double click, or another clerk was first."""


@dataclass(frozen=True)
class Label:
    """What is stuck on a parcel. Without an address of its own the carrier's tracking page is used."""

    carrier: str = ""
    number: str = ""
    url: str = ""

    @property
    def tracking_url(self) -> str:
        """Where the customer follows the parcel. Raises CannotShip unless it is https."""
        url = self.url or carriers.tracking_url(self.carrier, self.number)
        if url and not carriers.is_safe(url):
            raise CannotShip("The tracking link must begin with https:// and name a host.")
        return url


def remaining(order: Order) -> dict[int, int]:
    """How many of each line are still to be shipped, by line id: ordered − shipped − refunded.

    What is refunded need not be sent, whether it was sent already or not. Nothing is left of an order
    that was refunded as a whole (in Stripe's dashboard a refund names no lines).
    """
    if order.total and order.refunded >= order.total:
        return {}
    shipped = _sums(order, "shipped__quantity")
    refunded = _sums(order, "refunds__quantity", STANDING)
    left = {
        line.pk: line.quantity - shipped.get(line.pk, 0) - refunded.get(line.pk, 0)
        for line in order.lines.all()
    }
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}


def _sums(order: Order, what: str, where: Q | None = None) -> dict[int, int]:
    sums = OrderLine.objects.filter(order=order).values("pk").annotate(n=Sum(what, filter=where))
    return {row["pk"]: row["n"] or 0 for row in sums}


def ship(
    order: Order,
    quantities: Mapping[int, int],
    label: Label | None = None,
    *,
    actor: str,
    at: datetime,
    n: int | None = None,
) -> Shipment:
    """A parcel leaves with so many of each line (by line id); the order is fulfilled when all has left.

    `n`: the parcel's number as the clerk saw it; then a second click ships nothing. Raises CannotShip,
    ShippedMeanwhile. Mail and announcement follow by the outbox.
    """
    label = label or Label()
    with transaction.atomic():
        claim(order)
        following = order.shipments.count() + 1
        if n is not None and n != following:
            raise ShippedMeanwhile(f"Parcel {n} of {order} was recorded already; look again.")
        packed = checked(order, quantities)
        shipment = Shipment.objects.create(
            order=order,
            n=following,
            carrier=label.carrier,
            tracking_number=label.number,
            tracking_url=label.tracking_url,
            actor=actor,
            shipped_at=at,
        )
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment=shipment, line_id=line_id, quantity=quantity)
            for line_id, quantity in packed.items()
        )
        tell(order, shipment)
        complete(order, actor=actor, at=at)
    return shipment


def ship_rest(order: Order, *, actor: str, at: datetime) -> Shipment:
    """All that remains leaves in one parcel, without tracking. Raises CannotShip."""
    return ship(order, remaining(order), actor=actor, at=at)


def claim(order: Order) -> None:
    """Take the order's row for the rest of the transaction: two clerks (or a refund) take turns.

    On SQLite the transaction is alone anyway; on PostgreSQL it is this update that waits.
    """
    if not Order.objects.filter(pk=order.pk, status=Order.Status.PAID).update(
        status=Order.Status.PAID
    ):
        order.refresh_from_db()
        state = order.get_status_display().lower()
        raise CannotShip(f"{order} cannot be shipped: it is {state}. Only paid orders can.")
    order.refresh_from_db(fields=["status", "refunded"])


def checked(order: Order, quantities: Mapping[int, int]) -> dict[int, int]:
    """What goes into the parcel. Raises CannotShip when that is nothing, or more than remains."""
    packed = {line_id: quantity for line_id, quantity in quantities.items() if quantity}
    if not packed:
        raise CannotShip("Nothing is in the parcel: say how many of which article.")
    left = remaining(order)
    for line_id, quantity in packed.items():
        if not 0 < quantity <= left.get(line_id, 0):
            line = order.lines.filter(pk=line_id).first()
            what = line.title if line else "an article of another order"
            raise CannotShip(f"{quantity} × {what} is too many: {left.get(line_id, 0)} remain.")
    return packed


def tell(order: Order, shipment: Shipment) -> None:
    """Timeline, mail and open pages hear of the parcel."""
    if order.is_pickup:
        message, kind = "Ready to collect", "ready"
    else:
        by = f" with {shipment.carrier}" if shipment.carrier else ""
        number = f", tracking number {shipment.tracking_number}" if shipment.tracking_number else ""
        message, kind = f"Shipped{by}{number}", "shipped"
    timeline.record(
        order,
        "shipped",
        message,
        actor=shipment.actor,
        is_public=True,
        at=shipment.shipped_at,
        data={"parcel": shipment.n},
    )
    outbox.put(mails.send, order.pk, kind, about=str(shipment.n))
    outbox.put(announce, order.pk)


def complete(order: Order, *, actor: str, at: datetime) -> bool:
    """A paid order of which something left and nothing remains is fulfilled; False otherwise.

    Inside the caller's transaction: after a parcel, and after a refund of what was not sent yet.
    """
    if remaining(order) or not order.shipments.exists():
        return False
    paid = Order.objects.filter(pk=order.pk, status=Order.Status.PAID)
    if not paid.update(status=Order.Status.FULFILLED):
        return False
    order.status = Order.Status.FULFILLED
    timeline.record(order, "fulfilled", "Everything has left", actor=actor, at=at)
    return True


def mark_delivered(shipment: Shipment, *, actor: str, at: datetime) -> bool:
    """The parcel arrived, or was collected; False when that was written down before."""
    with transaction.atomic():
        waiting = Shipment.objects.filter(pk=shipment.pk, delivered_at=None)
        if not waiting.update(delivered_at=at):
            return False
        order = shipment.order
        message = "Collected" if order.is_pickup else "Delivered"
        data = {"parcel": shipment.n}
        timeline.record(order, "delivered", message, actor=actor, is_public=True, at=at, data=data)
        outbox.put(announce, order.pk)
    return True
