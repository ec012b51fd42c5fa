"""May checkout take orders yet? After a restart or restore, first the sweep, then the customers.

Orders that Stripe charged and this volume does not know (a restored backup, a night without a worker)
come back before new ones are taken, under their own ids and numbers. Until then the checkout page says
that it opens in a moment; catalogue and cart stay up (design 5.2, point 6).

The answer is in rows: an opening run that is not finished (`ops.backup.restoring` leaves one), or no
finished run for a quarter of an hour. A process asks until the answer is yes, and then no more: only a
restore could close checkout again, and no process lives through one. A deploy beside a living shop finds
its sweeper's last run, and opens at once.
"""

from datetime import datetime, timedelta

from django_tasks import task

from bodega.jobs.retries import retrying
from bodega.lib.clock import utc_now
from bodega.payments import stripe
from bodega.payments.models import Attempt, Reconciliation
from bodega.payments.reconciling.running import Busy, Kind, reconcile

RECENT = timedelta(minutes=15)  # three sweeps
RETRY_SECONDS = 5

_opened: list[datetime] = []  # when this process learned that checkout is open


def is_open(now: datetime) -> bool:
    """Whether orders may be taken. Two queries until they may, none afterwards."""
    if not _opened and not is_sweep_due(now):
        _opened.append(now)
    return bool(_opened)


def forget() -> None:
    """Ask the rows again: for tests, which live through many volumes."""
    _opened.clear()


def is_sweep_due(now: datetime) -> bool:
    """Whether something may have been paid that these rows know nothing of.

    Not in a shop without a bank, nor in one that has sold nothing yet: a new volume has a new id, so
    there is nothing at Stripe that could be its own.
    """
    if not stripe.secret_key():
        return False
    if Reconciliation.objects.filter(kind=Kind.OPENING, finished_at=None).exists():
        return True
    seen = last_finished() or first_attempt()
    return seen is not None and now - seen > RECENT


def last_finished() -> datetime | None:
    """When the last finished run began: up to then everything is known."""
    done = Reconciliation.objects.filter(finished_at__isnull=False).order_by("-started_at")
    return done.values_list("started_at", flat=True).first()


def first_attempt() -> datetime | None:
    """Since when there could be something to sweep; the demo shop's invented past does not count."""
    real = Attempt.objects.exclude(session_id__startswith="cs_demo_").order_by("pk")
    return real.values_list("created_at", flat=True).first()


def ask_for_sweep() -> None:
    """Have the next free worker open checkout, if it is closed. Called by every worker that starts."""
    if is_sweep_due(utc_now()):
        open_checkout.enqueue()


@task
@retrying(attempts=40, first=1, longest=30)  # a quarter of an hour; afterwards the recurring sweep
def open_checkout() -> None:
    """Sweep, so that checkout opens. Idempotent; raises StripeUnreachable: tried again in a moment."""
    if is_sweep_due(utc_now()):
        try:
            reconcile(Kind.OPENING)
        except Busy:
            return  # whoever is at it opens checkout as well
