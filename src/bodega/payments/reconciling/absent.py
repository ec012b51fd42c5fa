"""The other direction: what the shop says was paid, and Stripe did not show.

Stripe's lists are by creation, the ledger by when the shop heard of it, so what a list did not show is
asked for by its name before anybody is alarmed.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from bodega.merchant.models import Merchant
from bodega.orders.models import Order
from bodega.payments import stripe
from bodega.payments.models import Attempt, LedgerEntry
from bodega.payments.reconciling.differences import Difference, Kind
from bodega.payments.reconciling.paging import patiently
from bodega.payments.reconciling.run import MOST_SHOWN, Run
from bodega.payments.reconciling.seen import Seen

CHUNK = 500
ORDER = "order "  # begins the name of what has no id at Stripe
DEMO = "pi_demo_", "cs_demo_"  # what the demo shop's past is paid with


class Row(NamedTuple):
    """A row of the ledger."""

    pk: int
    kind: str
    payment_intent: str
    reference: str
    amount: int
    currency: str
    at: datetime
    order_id: int

    @property
    def name(self) -> str:
        """Stripe's id of what moved the money."""
        return self.reference.partition("/")[0] or self.payment_intent


def compare(run: Run, seen: Seen) -> None:
    """Rows of the ledger since the run's beginning, and paid orders without any."""
    for row in unseen(seen):
        ask(run, row)
    for order in paid_without_charge(Order.objects.filter(paid_at__gte=run.since))[:MOST_SHOWN]:
        run.differs(unpaid(order))


def compare_one(run: Run, name: str) -> None:
    """The ledger's rows, or the order, that go by this name."""
    by_name = Q(reference=name) | Q(reference="", payment_intent=name)
    for told in LedgerEntry.objects.filter(by_name).values_list(*Row._fields):
        ask(run, Row(*told))
    if name.startswith(ORDER):
        orders = Order.objects.filter(number=name.removeprefix(ORDER))
        for order in paid_without_charge(orders):
            run.differs(unpaid(order))


def ask(run: Run, row: Row) -> None:
    """Whether Stripe knows of it after all."""
    run.saw("not shown", 1)
    if not is_at_stripe(row.name):
        run.differs(difference(row))


def unseen(seen: Seen) -> Iterator[Row]:
    """Rows that no list of Stripe has shown, a chunk at a time."""
    rows = LedgerEntry.objects.filter(livemode=stripe.livemode())
    if Merchant.current().is_demo:
        rows = rows.exclude(payment_intent__startswith=DEMO[0])
    start = seen.first
    while start <= seen.last:
        chunk = rows.filter(pk__gte=start, pk__lte=min(start + CHUNK - 1, seen.last))
        for told in chunk.order_by("pk").values_list(*Row._fields):
            if told[0] not in seen:
                yield Row(*told)
        start += CHUNK


def is_at_stripe(name: str) -> bool:
    """Ask for the one thing. A payment that never succeeded is none."""
    path, params = address(name)
    try:
        found = patiently(lambda: stripe.client().get(path, params))
    except stripe.NotAtStripe:
        return False
    return "payment_intents" not in path or found["amount_received"] > 0


def address(name: str) -> tuple[str, dict[str, Any]]:
    """Where a payment, refund or dispute is to be found."""
    if name.startswith(("du_", "dp_")):
        return f"/v1/disputes/{name}", {}
    if name.startswith("pi_"):
        return f"/v1/payment_intents/{name}", {}
    return f"/v1/refunds/{name}", {}


def difference(row: Row) -> Difference:
    """What to tell about a row that Stripe does not know."""
    label = LedgerEntry.Kind(row.kind).label.lower()
    return Difference(
        kind=Kind.NOT_AT_STRIPE,
        reference=row.name,
        currency=row.currency,
        detail=f"The ledger has a {label}, and Stripe knows nothing of it.",
        happened_at=row.at,
        here=row.amount,
        order_id=row.order_id,
    )


def paid_without_charge(orders: "QuerySet[Order]") -> "QuerySet[Order]":
    """Those of them that count as paid although no money is in the ledger."""
    charges = LedgerEntry.objects.filter(order=OuterRef("pk"), kind=LedgerEntry.Kind.CHARGE)
    demo = Attempt.objects.filter(order=OuterRef("pk"), session_id__startswith=DEMO[1])
    paid = orders.filter(paid_at__isnull=False, total__gt=0, livemode=stripe.livemode())
    paid = paid.filter(~Exists(charges))
    return paid.filter(~Exists(demo)) if Merchant.current().is_demo else paid


def unpaid(order: Order) -> Difference:
    """What to tell about a paid order without money."""
    assert order.paid_at is not None  # by the query
    return Difference(
        kind=Kind.NOT_AT_STRIPE,
        reference=f"{ORDER}{order.number}",
        currency=order.currency,
        detail=f"Order {order.number} counts as paid, and no charge for it is in the ledger.",
        happened_at=order.paid_at,
        here=order.total,
        order_id=order.pk,
    )
