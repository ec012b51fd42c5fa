"""The order's own page: unguessable address, live while it waits for money."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from bodega import cable
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.orders.privacy import private

# Without JavaScript the waiting page asks again: often at first, then seldom, then not at all.
REFRESH = ((timedelta(minutes=5), 5), (timedelta(minutes=30), 30), (timedelta(days=1), 300))


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
    return {
        "order": order,
        "lines": order.lines.all(),
        "shipping_address": addresses.get("shipping"),
        "billing_address": addresses.get("billing", addresses.get("shipping")),
        "events": public,
        "latest": public[-1].kind if public else "",
        "live_token": cable.sign(order.channel),
        "refresh": refresh_seconds(order, now),
    }


def refresh_seconds(order: Order, now: datetime) -> int | None:
    """After how many seconds a waiting page without JavaScript asks again; None: never."""
    if not order.is_awaiting:
        return None
    age = now - order.placed_at
    return next((seconds for limit, seconds in REFRESH if age < limit), None)
