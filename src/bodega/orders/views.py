"""The order's own page: unguessable address, live from the waiting for money to the parcel's arrival."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from bodega import cable
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import withdrawing
from bodega.orders.models import Order, Shipment
from bodega.orders.privacy import private

# Without JavaScript the waiting page asks again: often at first, then seldom, then not at all.
REFRESH = ((timedelta(minutes=5), 5), (timedelta(minutes=30), 30), (timedelta(days=1), 300))
HEADLINES = {
    "thanks": "Thank you for your order",
    "partly": "A part of your order is on its way",
    "shipped": "Your order is on its way",
    "arrived": "Your order has arrived",
    "ready": "Your order is ready to collect",
    "collected": "You have collected your order",
}


@require_safe
@private
def status(request: HttpRequest, public_id: str) -> HttpResponse:
    """How the order stands. Only reads."""
    order = get_object_or_404(Order, public_id=public_id)
    return render(request, "orders/status.html", story(order, utc_now()))


def story(order: Order, now: datetime) -> dict[str, Any]:
    """The template's words."""
    addresses = {address.kind: address for address in order.addresses.all()}
    public = list(order.events.filter(is_public=True))
    words = {
        "order": order,
        "lines": order.lines.all(),
        "shipping_address": addresses.get("shipping"),
        "billing_address": addresses.get("billing", addresses.get("shipping")),
        "events": public,
        "latest": public[-1].kind if public else "",
        "live_token": cable.sign(order.channel),
        "refresh": refresh_seconds(order, now),
    }
    return words | after_life(order) if order.is_paid else words


def after_life(order: Order) -> dict[str, Any]:
    """What became of an order once it was paid. Refunds are rows of the payment room."""
    parcels = list(order.shipments.prefetch_related("lines__line"))
    days = Merchant.current().withdrawal_days
    return {
        "parcels": parcels,
        "headline": HEADLINES[stage(order, parcels)],
        "documents": order.invoices.order_by("pk"),
        "refunds": order.refunds.exclude(state="failed"),
        "withdrawals": order.withdrawals.all(),
        "may_withdraw": bool(days and withdrawing.withdrawable(order)),
        "withdrawal_days": days,
        "deadline": withdrawing.deadline(order, days),
    }


def stage(order: Order, parcels: list[Shipment]) -> str:
    """How far the goods are: a key of HEADLINES."""
    if not parcels:
        return "thanks"
    if order.status != Order.Status.FULFILLED and not order.is_pickup:
        return "partly"
    have_arrived = all(parcel.delivered_at for parcel in parcels)
    if order.is_pickup:
        return "collected" if have_arrived else "ready"
    return "arrived" if have_arrived else "shipped"


def refresh_seconds(order: Order, now: datetime) -> int | None:
    """After how many seconds a waiting page without JavaScript asks again; None: never."""
    if not order.is_awaiting:
        return None
    age = now - order.placed_at
    return next((seconds for limit, seconds in REFRESH if age < limit), None)
