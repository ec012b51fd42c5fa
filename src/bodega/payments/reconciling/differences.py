"""What does not agree: a value when it is found, a row for whoever has to look at it."""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime

from bodega.payments.models import Discrepancy

logger = logging.getLogger(__name__)

Kind = Discrepancy.Kind
SWEEPER = "sweeper"
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Difference:
    """`here` and `there`: what the shop and Stripe say, in minor units, signed; None: nothing at all.

    `reference` is the payment intent for a charge, otherwise Stripe's id of the refund, dispute or
    balance transaction; so a thing that two lists show is one difference.
    """

    kind: str
    reference: str
    currency: str
    detail: str
    happened_at: datetime
    here: int | None = None
    there: int | None = None
    order_id: int | None = None


def record(found: Difference, *, now: datetime) -> bool:
    """Write it down, once; returns whether it is open.

    What a person explained stays explained while the amounts stay what they were; what was put right
    and comes back is open again.
    """
    values = asdict(found) | {"detail": found.detail[:LONGEST]}
    row, is_new = Discrepancy.objects.get_or_create(
        kind=found.kind,
        reference=found.reference,
        defaults=values | {"found_at": now},
    )
    if is_new:
        logger.error("%s (%s): %s", row, found.currency, found.detail)
        return True
    if is_explained(row) and (row.here, row.there) == (found.here, found.there):
        return False
    afresh = {"resolved_at": None, "resolution": "", "actor": ""}
    Discrepancy.objects.filter(pk=row.pk).update(**values, **afresh)
    return True


def is_explained(row: Discrepancy) -> bool:
    """Whether a person closed it, not the sweeper."""
    return row.resolved_at is not None and row.actor not in {"", SWEEPER}


def resolve(row: Discrepancy, how: str, *, now: datetime, actor: str = SWEEPER) -> bool:
    """Close it; False when it was closed already."""
    still_open = Discrepancy.objects.filter(pk=row.pk, resolved_at=None)
    told = {"resolved_at": now, "resolution": how[:LONGEST], "actor": actor}
    return bool(still_open.update(**told))


def open_ones() -> int:
    """How many wait for somebody."""
    return Discrepancy.objects.filter(resolved_at=None).count()
