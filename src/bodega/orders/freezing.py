"""An order comes into being: what was agreed, written down once."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import BigIntegerField, CharField

from bodega.databases.prepared import Parameter, PreparedUpdate
from bodega.merchant.models import Merchant
from bodega.orders import timeline
from bodega.orders.models import Order, OrderAddress, OrderLine

FIRST_NUMBER = 1000
NUMBER = PreparedUpdate(
    lambda: Order.objects.filter(pk=Parameter("pk", BigIntegerField())),
    number=Parameter("number", CharField()),
)

Part = TypeVar("Part", OrderLine, OrderAddress)


class SumsDiffer(ValueError):
    """An order whose parts do not add up to its total: a bug, so nothing is written."""


def freeze(
    order: Order,
    lines: Sequence[OrderLine],
    addresses: Iterable[OrderAddress],
    *,
    merchant: Merchant,
    actor: str = "customer",
) -> Order:
    """Write an order with its lines and addresses, all unsaved so far, and give it its number.

    Runs inside the caller's transaction. `order.number` is kept when it has one (an order rebuilt from
    Stripe), otherwise it is the prefix and 1000 + id. What is returned knows its lines and addresses.
    Raises SumsDiffer, and IntegrityError when an order with the same checkout key exists.
    """
    check_sums(order, lines)
    number = order.number
    order.number = number or order.public_id[:20]  # the id is known only after the insert
    order.save(force_insert=True)
    if not number:
        order.number = f"{merchant.order_prefix}{FIRST_NUMBER + order.pk}"
        NUMBER.run(pk=order.pk, number=order.number)
    _remember(
        order,
        lines=OrderLine.objects.bulk_create([_of(order, line) for line in lines]),
        addresses=OrderAddress.objects.bulk_create([_of(order, each) for each in addresses]),
    )
    timeline.record(
        order, "placed", "Order placed", actor=actor, is_public=True, at=order.placed_at
    )
    return order


def check_sums(order: Order, lines: Sequence[OrderLine]) -> None:
    """Raise SumsDiffer unless lines, shipping and tax add up to what the order says."""
    expected = {
        "subtotal": sum(line.subtotal for line in lines),
        "discount": sum(line.discount for line in lines),
        "tax": sum(line.tax for line in lines) + order.shipping_tax,
        "total": order.subtotal - order.discount + order.shipping + order.added_tax,
    }
    for name, amount in expected.items():
        if getattr(order, name) != amount:
            raise SumsDiffer(f"{name} is {getattr(order, name)}, its parts make {amount}")
    if any(line.subtotal != line.unit_price * line.quantity for line in lines):
        raise SumsDiffer("a line is not its price times its quantity")


def _of(order: Order, part: Part) -> Part:
    part.order = order
    return part


def _remember(order: Order, **written: list[Any]) -> None:
    """Let `order.lines.all()` answer from memory, as after `prefetch_related`: the bank is told next."""
    known = {}
    for name, rows in written.items():
        known[name] = getattr(order, name).all()
        known[name]._result_cache = rows
    order.__dict__["_prefetched_objects_cache"] = known
