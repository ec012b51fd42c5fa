"""Looking again at one thing that did not agree: the lists' own comparisons, with a list of one."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import transaction

from bodega.lib.clock import Clock, utc_now
from bodega.orders.models import Order
from bodega.payments import stripe
from bodega.payments.models import Discrepancy
from bodega.payments.reconciling import (
    absent,
    amounts,
    books,
    charges,
    differences,
    disputes,
    refunds,
)
from bodega.payments.reconciling.paging import Json, patiently
from bodega.payments.reconciling.run import Run
from bodega.payments.reconciling.seen import Seen

AGREES = "Stripe and the shop agree now."
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
MOST = 200  # differences looked at again in a run; there should be none


def look_again(
    row: Discrepancy, *, actor: str = differences.SWEEPER, clock: Clock = utc_now
) -> bool:
    """Settle and import what can be, compare again, and close the row when all agree now.

    Returns whether it is closed. Network; raises StripeUnreachable, and StripeRefused when our key may
    not see it.
    """
    if row.resolved_at is not None:
        return True
    run = Run(since=NEVER, clock=clock)
    compare_one(run, row)
    if any(key[1] == row.reference for key in run.found):
        return False
    differences.resolve(row, AGREES, now=clock(), actor=actor)
    return True


def look_again_at_all(run: Run) -> None:
    """Close what a run did not find any more."""
    for row in Discrepancy.objects.filter(resolved_at=None).order_by("pk")[:MOST]:
        if (row.kind, row.reference) not in run.found:
            try:
                look_again(row, clock=run.clock)
            except stripe.StripeRefused as refused:
                run.refusals.append(f"{row.reference} cannot be looked at: {refused}")


def explain(row: Discrepancy, note: str, *, actor: str, now: datetime) -> bool:
    """A person says why it is as it is. It stays closed while the amounts do not change."""
    with transaction.atomic():
        return differences.resolve(row, note, now=now, actor=actor)


def compare_one(run: Run, row: Discrepancy) -> None:
    """Compare what the row is about, whichever list showed it."""
    name, seen = row.reference, Seen(NEVER)
    if name.startswith("cs_"):
        run.settle_by_id(name)
        return
    if name.startswith("pi_"):
        charges.compare_page(run, payment(name), seen)
        entry = charges.entries([name]).get(name)
        amounts.report(run, Order.objects.filter(ledger__pk=entry.pk if entry else 0))
    elif not name.startswith(absent.ORDER):
        path, compare_page = listed(name)
        compare_page(run, found(f"{path}/{name}"), seen)
    absent.compare_one(run, name)


def payment(intent: str) -> list[Json]:
    """A payment intent's charges; none when Stripe knows of no such intent."""
    asked = {"payment_intent": intent}
    try:
        page: list[Json] = patiently(lambda: stripe.client().get(charges.PATH, asked))["data"]
    except stripe.NotAtStripe:
        return []
    return page


def listed(name: str) -> tuple[str, Callable[[Run, list[Json], Seen], None]]:
    """The list in which a refund, dispute or balance transaction is, and how it is compared."""
    if name.startswith("txn_"):
        return books.PATH, books.compare_page
    if name.startswith(("du_", "dp_")):
        return disputes.PATH, disputes.compare_page
    return refunds.PATH, refunds.compare_page


def found(path: str) -> list[Json]:
    """One thing as it is now, as a list; empty when Stripe has no such thing."""
    try:
        return [patiently(lambda: stripe.client().get(path, {}))]
    except stripe.NotAtStripe:
        return []
