"""The order's story: one row for everything that happened to it, never changed."""

from datetime import datetime
from typing import Any

from bodega.orders import journaling
from bodega.orders.models import Order, OrderEvent

LONGEST = 400


def record(
    order: Order,
    kind: str,
    message: str,
    *,
    at: datetime,
    actor: str = "shop",
    is_public: bool = False,
    data: dict[str, Any] | None = None,
) -> OrderEvent:
    """Write an entry, in the transaction of what it tells about.

    `is_public`: the customer reads it on the status page. A message that is too long (a bank's, say) is
    cut; `data` keeps what machines need.
    """
    event = OrderEvent.objects.create(
        order=order,
        kind=kind,
        message=message if len(message) <= LONGEST else message[: LONGEST - 1] + "…",
        actor=actor,
        is_public=is_public,
        data=data or {},
        at=at,
    )
    journaling.write_down(order, event)
    return event
