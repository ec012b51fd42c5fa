"""Comparing the shop with Stripe, written as a procedure: one at a time, every run a row.

A run that failed or died is gone on with: its row stays unfinished, the next run of its kind takes it
over, and looks as far back as it would have. All that was settled stays settled.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bodega.databases.leases import Lease
from bodega.lib.clock import Clock, utc_now
from bodega.payments import endpoint, stripe, sweeping
from bodega.payments.models import Reconciliation
from bodega.payments.reconciling import absent, amounts, books, charges, disputes, refunds
from bodega.payments.reconciling.differences import open_ones
from bodega.payments.reconciling.looking import look_again_at_all
from bodega.payments.reconciling.run import Run, Tell, silently
from bodega.payments.reconciling.seen import Seen

Kind = Reconciliation.Kind

THOROUGH = {Kind.NIGHTLY, Kind.MANUAL}
LEASE = "reconcile"
# A session lives a day at most; an hour for clocks that differ and runs that take a while.
SESSION_LIFE = timedelta(hours=25)
THOROUGH_SPAN = timedelta(days=35)  # longer than Stripe keeps events, and than a month
KEPT = timedelta(days=35)
LONGEST = 400


class Busy(Exception):
    """Another process is comparing right now."""


def reconcile(
    kind: Kind, *, since: datetime | None = None, clock: Clock = utc_now, tell: Tell = silently
) -> Run:
    """Do it, and leave a row. Network. Raises Busy, StripeUnreachable, StripeRefused."""
    with alone():
        row = begin(kind, since, clock())
        run = Run(row.since, clock, tell=tell)
        try:
            carry_out(run, kind)
        except (stripe.StripeUnreachable, stripe.StripeRefused) as error:
            leave(row, run, str(error))
            raise
        finish(row, run, clock())
    return run


def rehearse(*, since: datetime | None, clock: Clock = utc_now, tell: Tell = silently) -> Run:
    """Compare everything and write nothing. Network. Raises StripeUnreachable, StripeRefused."""
    run = Run(since or clock() - THOROUGH_SPAN, clock, is_dry=True, tell=tell)
    carry_out(run, Kind.MANUAL)
    return run


@contextmanager
def alone() -> Iterator[None]:
    """Two at once would do no harm, but ask Stripe everything twice. Raises Busy."""
    lease = Lease(LEASE)
    if not lease.acquire():
        raise Busy("Another process is comparing the shop with Stripe right now.")
    try:
        yield
    finally:
        lease.release()


def carry_out(run: Run, kind: Kind) -> None:
    """What a run of this kind does, in this order: settle first, then look for what is left."""
    sweeping.sweep(run)
    amounts.compare_set_aside(run)
    if kind in THOROUGH:
        compare_everything(run)
    run.endpoint = endpoint.check()
    if not run.is_dry:
        look_again_at_all(run)


def compare_everything(run: Run) -> None:
    """(d) Every list against the ledger, then the ledger against what the lists have shown."""
    seen = Seen(run.since)
    for compare in (charges.compare, refunds.compare, disputes.compare, books.compare):
        try:
            compare(run, seen)
        except stripe.StripeRefused as refused:  # a restricted key; the other lists can be read
            run.refusals.append(str(refused))
    amounts.compare(run)
    absent.compare(run, seen)


def begin(kind: Kind, since: datetime | None, now: datetime) -> Reconciliation:
    """The run's row: the unfinished one of its kind, or a new one."""
    start = due_since(now)
    if kind in THOROUGH:
        start = min(start, since or now - THOROUGH_SPAN)
    left = Reconciliation.objects.filter(kind=kind, finished_at=None).first()
    if left is None:
        return Reconciliation.objects.create(kind=kind, since=start, started_at=now)
    left.since, left.started_at = start, now
    left.save(update_fields=["since", "started_at"])
    return left


def due_since(now: datetime) -> datetime:
    """How far back any run has to look: as far as the last finished one may have missed something.

    A restored volume knows of no run after its backup, so this is where its gap begins.
    """
    done = Reconciliation.objects.filter(finished_at__isnull=False).order_by("-started_at").first()
    start = done.started_at - SESSION_LIFE if done else now - THOROUGH_SPAN
    left = Reconciliation.objects.filter(finished_at=None, kind__in=(Kind.SWEEP, Kind.OPENING))
    return min(start, now - SESSION_LIFE, *left.values_list("since", flat=True))


def leave(row: Reconciliation, run: Run, error: str) -> None:
    """Stripe did not answer: what was done counts, the rest waits for the next run."""
    count(row, run)
    row.error = error[:LONGEST]
    row.save()


def finish(row: Reconciliation, run: Run, now: datetime) -> None:
    """Done: also for every opening that waited for as much, or less."""
    count(row, run)
    row.finished_at, row.findings = now, open_ones()
    row.endpoint = run.endpoint[:LONGEST]
    row.error = " ".join(run.refusals)[:LONGEST]
    row.save()
    waiting = Reconciliation.objects.filter(kind=Kind.OPENING, finished_at=None)
    waiting.filter(since__gte=row.since).update(finished_at=now, error="")
    forget_old(now)


def count(row: Reconciliation, run: Run) -> None:
    """Add what this try did to what an earlier one did."""
    row.seen += run.seen.total()
    row.settled += run.settled
    row.rebuilt += run.rebuilt
    row.lag = max(row.lag, run.lag)


def forget_old(now: datetime) -> None:
    """Sweeps in which nothing happened are worth a month of plots, not more."""
    old = Reconciliation.objects.filter(kind=Kind.SWEEP, started_at__lt=now - KEPT)
    old.filter(settled=0, rebuilt=0).delete()
