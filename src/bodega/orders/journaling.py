"""What happened to an order, written down a second time before anybody is told (design 3.4).

Between two backups the shop's files are the only place that knows an order; with the journal there is
another one. After the commit the event is handed to the journal, and the barrier (`durable()`) puts it
on the disk before the answer. A journal that cannot be written means no answer: the order stays, and the
customer's next try, Stripe's next call or the sweeper finds it.

No names and addresses: what is needed to find a lost order again, and to add up the money.
"""

from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from bodega.databases.journal import Journal, open_journal
from bodega.orders.models import Order, OrderEvent

NAME = "orders"
# What somebody was told, or money moved for. Notes and mails are not.
KINDS = frozenset(
    {
        "placed",
        "paid",
        "paid_twice",
        "amount_differs",
        "oversold",
        "expired",
        "cancelled",
        "refunded",
    }
)


def journal() -> Journal:
    """This process's journal of orders, in the volume or where BODEGA_JOURNAL_DIR says."""
    return open_journal(settings.JOURNAL_DIR, NAME)


def write_down(order: Order, event: OrderEvent) -> None:
    """Journal an event of the caller's transaction once it is committed; nothing after a rollback."""
    if event.kind in KINDS:
        transaction.on_commit(partial(journal().append, told(order, event)))


def told(order: Order, event: OrderEvent) -> dict[str, Any]:
    """What the journal says of an event. Amounts are minor units."""
    return {
        "event": event.kind,
        "event_id": event.pk,
        "order": order.public_id,
        "order_id": order.pk,
        "number": order.number,
        "status": str(order.status),
        "total": order.total,
        "currency": order.currency,
        "livemode": order.livemode,
        "actor": event.actor,
        "happened": event.at.isoformat(),
    }
