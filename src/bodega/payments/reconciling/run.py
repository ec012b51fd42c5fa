"""A run: how far back it looks, what it may do, and what it has seen, done and found so far."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import IntegrityError

from bodega.lib.clock import Clock, utc_now
from bodega.orders.models import Order
from bodega.payments import settling, stripe
from bodega.payments.reconciling import differences
from bodega.payments.reconciling.differences import SWEEPER, Difference
from bodega.payments.reconciling.paging import Json, patiently
from bodega.payments.sessions import Session

logger = logging.getLogger(__name__)

Tell = Callable[[str, int], None]  # what is being looked at, how many of it so far

MOST_SHOWN = 500  # differences kept for the report; all are counted, and all become rows


def silently(_what: str, _count: int) -> None:
    """Tell nobody."""


@dataclass
class Run:
    """Handed to every list. `is_dry`: look only; nothing is settled and nothing is written."""

    since: datetime
    clock: Clock = utc_now
    is_dry: bool = False
    tell: Tell = silently
    seen: Counter[str] = field(default_factory=Counter)
    settled: int = 0
    rebuilt: int = 0
    lag: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    found: dict[tuple[str, str], Difference] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    endpoint: str = ""

    def saw(self, what: str, count: int) -> None:
        """So many more of a list were compared."""
        self.seen[what] += count
        self.tell(what, self.seen[what])

    def differs(self, found: Difference) -> None:
        """Remember a difference: as a row, unless the run is dry."""
        key = (found.kind, found.reference)
        if key in self.found:
            return
        if self.is_dry or differences.record(found, now=self.clock()):
            self.counts[found.kind] += 1
            if len(self.found) < MOST_SHOWN:
                self.found[key] = found

    def settle(self, session: Session) -> Order | None:
        """Through the one door; the order, or None when the session turns out not to be for us.

        Whatever is wrong with one of them, the others are settled.
        """
        now, reference = self.clock(), session.reference
        was_there = Order.objects.filter(public_id=reference).exists()
        try:
            order = settling.bring_up(session, now=now, actor=SWEEPER)
        except (settling.NotOurs, settling.OrderMissing):
            return None  # another shop's, or nothing was paid: nothing to do
        except (KeyError, ValueError, IntegrityError) as error:
            logger.exception("%s cannot be rebuilt", session.id)
            self.differs(unsettled(session, f"It cannot be rebuilt: {error!r}"))
            return None
        self.rebuilt += not was_there
        if order.paid_at == now:
            self.settled += 1
            waited = now - (session.confirmed or session.created)
            self.lag = max(self.lag, int(waited.total_seconds()))
        return order

    def settle_by_id(self, session_id: str) -> Order | None:
        """`settle` for a session that must be fetched; refused: there is no such session any more."""
        try:
            return self.settle(patiently(lambda: stripe.client().session(session_id)))
        except stripe.StripeRefused as refused:
            logger.warning("%s cannot be looked at: %s", session_id, refused)
            return None


def unsettled(session: Session, detail: str) -> Difference:
    """A paid session whose money the shop does not know."""
    return Difference(
        kind=differences.Kind.NOT_IN_SHOP,
        reference=session.payment_intent or session.id,
        currency=session.currency,
        detail=detail,
        happened_at=session.confirmed or session.created,
        there=session.amount,
    )


def moment(thing: Json) -> datetime:
    """When Stripe made a thing."""
    return datetime.fromtimestamp(thing["created"], UTC)
