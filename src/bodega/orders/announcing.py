"""Telling open pages that an order changed. A courtesy: at least once, and they read the row anyway."""

from django_tasks import task

from bodega import cable
from bodega.orders.models import Order

FEED = "orders"  # the back office's channel


@task
def announce(order_id: int) -> None:
    """Say how the order stands to its own page and to the back office."""
    tell(Order.objects.get(pk=order_id))


def tell(order: Order) -> None:
    """The same at once, at most once: after the commit, for news that nobody waits for."""
    told = {"number": order.number, "status": order.status}
    cable.broadcast(order.channel, "order", told)
    cable.broadcast(FEED, "order", told)
