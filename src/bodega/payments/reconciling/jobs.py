"""What happens by itself: a sweep every few minutes, everything once a night (settings.RECURRING).

When Stripe cannot be reached that is written on the run's row, where the back office and doctor see it;
the next tick goes on with it. A shop without a bank (free goods only) has nothing to compare.
"""

import logging

from django_tasks import task

from bodega.payments import stripe
from bodega.payments.reconciling.running import Busy, Kind, reconcile

logger = logging.getLogger(__name__)


@task
def sweep() -> None:
    """Settle what nobody told us about. Recurring, idempotent."""
    carry_out(Kind.SWEEP)


@task
def compare_everything() -> None:
    """All lists of the last 35 days against the ledger, both ways. Recurring, idempotent."""
    carry_out(Kind.NIGHTLY)


def carry_out(kind: Kind) -> None:
    """One run, if there is a bank and nobody else is at it."""
    if not stripe.secret_key():
        return
    try:
        reconcile(kind)
    except Busy:
        logger.info("A run is under way already; this tick is passed over.")
    except (stripe.StripeUnreachable, stripe.StripeRefused) as error:
        logger.warning("Stripe could not be asked (%s): %s", kind, error)
