"""Orders whose money is not their total: the shop's own rows, compared with each other.

Two ways to get there: the session was paid with another amount than the order's (`settling.set_aside`),
or the order was paid twice. Giving the difference back puts it right.
"""

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum

from bodega.orders.models import Order
from bodega.payments import stripe
from bodega.payments.models import Attempt, LedgerEntry
from bodega.payments.reconciling.differences import Difference, Kind
from bodega.payments.reconciling.run import MOST_SHOWN, Run

CHARGE, REFUNDS = LedgerEntry.Kind.CHARGE, ("refund", "refund_failed")


def compare(run: Run) -> None:
    """Orders that were charged since the run's beginning; one query when all is well."""
    recent = LedgerEntry.objects.filter(kind=CHARGE, at__gte=run.since, livemode=stripe.livemode())
    report(run, Order.objects.filter(pk__in=recent.values("order")))


def compare_set_aside(run: Run) -> None:
    """Only those whose payment was set aside; cheap enough for every few minutes."""
    waiting = Attempt.objects.filter(state=Attempt.State.DIFFERS, livemode=stripe.livemode())
    report(run, Order.objects.filter(pk__in=waiting.values("order")))


def report(run: Run, orders: "QuerySet[Order]") -> None:
    """Every odd one of them."""
    for order in odd(orders)[:MOST_SHOWN]:
        run.differs(difference(order))


def odd(orders: "QuerySet[Order]") -> "QuerySet[Order]":
    """Those whose charges are not their total, nor are what is left of them after refunds, nor are they
    given back altogether. `charged` and `kept` are minor units."""
    same = LedgerEntry.objects.filter(order=OuterRef("pk"), currency=OuterRef("currency"))
    rows = same.order_by().values("order")
    total = Sum("amount")
    charged = rows.filter(kind=CHARGE).annotate(sum=total).values("sum")
    kept = rows.filter(kind__in=(CHARGE, *REFUNDS)).annotate(sum=total).values("sum")
    wrong = orders.annotate(charged=Subquery(charged)).exclude(charged=F("total"))
    return wrong.annotate(kept=Subquery(kept)).exclude(kept=F("total")).exclude(kept=0)


def difference(order: Order) -> Difference:
    """What to tell about an order of `odd`."""
    last = order.ledger.filter(kind=CHARGE).order_by("pk").last()
    if last is None:
        raise LookupError(f"order {order} has no charge in the ledger")
    charged: int | None = getattr(order, "charged", None)
    times = order.ledger.filter(kind=CHARGE).count()
    how = f"was paid {times} times" if times > 1 else "was paid with another amount"
    return Difference(
        kind=Kind.AMOUNT_DIFFERS,
        reference=last.payment_intent,
        currency=order.currency,
        detail=f"Order {order.number} {how}: refund what is too much, or all of it.",
        happened_at=last.at,
        here=order.total,
        there=last.amount if charged is None else charged,
        order_id=order.pk,
    )
