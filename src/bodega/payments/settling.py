"""`settle()`: the one door for money (design 5.2, point 4).

Webhook job, success page, sweeper and back office all come through here, as often as they like. What
counts is what Stripe says now, not what an event said once; what was done already is not done again.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BigIntegerField, BooleanField, CharField, IntegerField, Max, QuerySet

from bodega import outbox
from bodega.databases.prepared import Parameter, Prepared, PreparedUpdate
from bodega.orders import expiring, mails, paying, timeline
from bodega.orders.announcing import announce
from bodega.orders.models import Order
from bodega.payments import attempts, identity, stripe
from bodega.payments.models import ALIVE, STARTABLE, Attempt, LedgerEntry
from bodega.payments.rebuilding import rebuild
from bodega.payments.sessions import Session

KNOWN = Prepared(
    lambda: Attempt.objects.select_related("order").filter(
        session_id=Parameter("session", CharField())
    )
)
MOVED = {
    "state": Parameter("state", CharField()),
    "payment_intent": Parameter("payment_intent", CharField()),
    "livemode": Parameter("livemode", BooleanField()),
    "error": Parameter("error", CharField()),
}


def not_yet_there() -> QuerySet[Attempt]:
    """The attempt (parameter `pk`), unless it is in the `state` already."""
    attempt = Attempt.objects.filter(pk=Parameter("pk", BigIntegerField()))
    return attempt.exclude(state=Parameter("state", CharField()))


MOVE = PreparedUpdate(not_yet_there, **MOVED)
CAPTURE = PreparedUpdate(not_yet_there, **MOVED, captured=Parameter("captured", IntegerField()))
logger = logging.getLogger(__name__)

LONGEST_TRANSFER = timedelta(days=14)  # a SEPA debit takes up to 14 days to be final


class NotOurs(Exception):
    """A session of another shop, of another copy of this one on the same Stripe account, or of the
    other mode: test money pays for nothing."""


class OrderMissing(Exception):
    """Our session, but no such order: the row was lost."""


def settle(session_id: str, *, now: datetime, actor: str = "stripe", hurry: bool = False) -> Order:
    """Bring the order of a session up to what Stripe says, and return it. Idempotent; network.

    An order that is missing is rebuilt from the session. `hurry`: a person is waiting. Raises NotOurs,
    OrderMissing (and nothing was paid), StripeUnreachable (try again), StripeRefused (no such session).
    """
    session = stripe.client(hurry=hurry).session(session_id)
    return bring_up(session, now=now, actor=actor, hurry=hurry)


def bring_up(session: Session, *, now: datetime, actor: str, hurry: bool = False) -> Order:
    """`settle` for a session that was fetched this moment; what was lost is rebuilt."""
    try:
        return book(session, now=now, actor=actor)
    except OrderMissing:
        if session.status != "complete":
            raise  # nothing was paid: there is nothing to rebuild
        items = stripe.client(hurry=hurry).items(session)
    with transaction.atomic():
        attempt = find_attempt(session) or rebuild(session, items, now=now)
        return apply(session, attempt, now=now, actor=actor)


def settled(session_id: str) -> Order | None:
    """The order that this session has paid, if that is written down: a paid session stays as it is."""
    attempt = KNOWN.first(session=session_id)
    is_done = attempt and attempt.state == Attempt.State.PAID and attempt.order.is_paid
    return attempt.order if attempt and is_done else None


def book(session: Session, *, now: datetime, actor: str = "stripe") -> Order:
    """Write down how a freshly fetched session stands. One transaction. Raises NotOurs, OrderMissing."""
    if not identity.owns(session.metadata):
        raise NotOurs(f"{session.id} belongs to another shop")
    if session.livemode != stripe.livemode():
        raise NotOurs(f"{session.id} is in {'live' if session.livemode else 'test'} mode")
    with transaction.atomic():
        attempt = find_attempt(session)
        if attempt is None:
            raise OrderMissing(f"{session.id} is for order {session.metadata.get('number')}")
        return apply(session, attempt, now=now, actor=actor)


def find_attempt(session: Session) -> Attempt | None:
    """The attempt of a session: by its id, or by what we had written on it."""
    return KNOWN.first(session=session.id) or adopt(session)


def adopt(session: Session) -> Attempt | None:
    """A session that was made but never recorded (a crash in between) joins its order."""
    order = Order.objects.filter(public_id=session.metadata.get("order", "")).first()
    if order is None:
        return None
    told = session.metadata.get("attempt", "")
    waiting = order.attempts.filter(session_id__isnull=True, state__in=STARTABLE)
    attempt = waiting.filter(n=int(told)).first() if told.isdecimal() else None
    if attempt is None:
        last: int = order.attempts.aggregate(n=Max("n"))["n"] or 0
        attempt = attempts.open_attempt(order, now=session.created, n=last + 1)
    attempt.order = order
    attempts.record_session(attempt, session)
    return attempt


def apply(session: Session, attempt: Attempt, *, now: datetime, actor: str) -> Order:
    """The session's state, written down; inside the caller's transaction."""
    if session.is_paid:
        take_money(session, attempt, now=now, actor=actor)
    elif session.has_failed:
        fail(session, attempt, now=now)
    elif session.is_processing:
        wait(session, attempt, now=now)
    elif session.status == "expired":
        close(attempt, now=now)
    return attempt.order


def take_money(session: Session, attempt: Attempt, *, now: datetime, actor: str) -> None:
    """The money is there: into the ledger in any case, and the order is paid if it is the right sum."""
    order = attempt.order
    if attempt.state == Attempt.State.PAID and order.is_paid:
        return None  # webhook, success page and sweeper all say so; one of them was first
    if session.payment_intent:
        enter(session, attempt, now=now)
    if (session.amount, session.currency) != (order.total, order.currency):
        return set_aside(session, attempt, now=now)
    is_news = move(attempt, session, Attempt.State.PAID)
    is_first = paying.mark_paid(order, at=now, actor=actor, livemode=session.livemode)
    if is_news and not is_first:
        logger.error("order %s was paid twice: %s", order, session.payment_intent)
        message = f"Paid a second time ({session.payment_intent}): refund one of the payments"
        timeline.record(order, "paid_twice", message, at=now)
    return None


def enter(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """One row in the ledger for one charge, whoever comes first."""
    entry = LedgerEntry(
        order=attempt.order,
        attempt=attempt,
        payment_intent=session.payment_intent,
        kind=LedgerEntry.Kind.CHARGE,
        charge=session.charge,
        amount=session.amount,
        currency=session.currency,
        livemode=session.livemode,
        at=now,
    )
    LedgerEntry.objects.bulk_create([entry], ignore_conflicts=True)


def set_aside(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """Money of another amount or currency: kept in the ledger, shown, and decided by the merchant.

    The order stays unpaid and is not expired either. "Amounts differ" is every order whose ledger is
    not its total, so nothing else has to be remembered.
    """
    if not move(attempt, session, Attempt.State.DIFFERS):
        return
    order = attempt.order
    paid, wanted = f"{session.amount} {session.currency}", f"{order.total} {order.currency}"
    logger.error("order %s: paid %s, should be %s (%s)", order, paid, wanted, session.id)
    message = f"Paid {paid} instead of {wanted} (minor units): not marked as paid"
    timeline.record(order, "amount_differs", message, at=now, data={"session": session.id})
    public = "We have received a payment and are checking it"
    timeline.record(order, "checking", public, is_public=True, at=now)
    outbox.put(announce, order.pk)


def wait(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """The customer is done, the bank is not: keep everything as it is until it answers."""
    if attempt.state in STARTABLE and move(attempt, session, Attempt.State.PROCESSING):
        attempts.hold(attempt.order, now + LONGEST_TRANSFER)
        message = "Your bank is processing the payment; this can take a few days"
        timeline.record(attempt.order, "processing", message, is_public=True, at=now)
        outbox.put(announce, attempt.order_id)


def fail(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """A delayed payment came to nothing. Another attempt's success stays what it is."""
    if attempt.state == Attempt.State.PAID or not move(attempt, session, Attempt.State.FAILED):
        return
    message = "The payment failed" + (f": {session.failure}" if session.failure else "")
    timeline.record(attempt.order, "payment_failed", message, is_public=True, at=now)
    if attempt.order.is_awaiting:
        attempts.hold(attempt.order, now + attempts.reservation_time())
        outbox.put(mails.send, attempt.order_id, "payment_failed", about=str(attempt.n))
    outbox.put(announce, attempt.order_id)


def close(attempt: Attempt, *, now: datetime) -> None:
    """The session is over unpaid: so is the order, unless another attempt is still alive."""
    Attempt.objects.filter(pk=attempt.pk, state__in=STARTABLE).update(state=Attempt.State.EXPIRED)
    if not attempt.order.attempts.filter(state__in=ALIVE).exists():
        expiring.mark_expired(attempt.order, "Not paid in time", at=now, tell=True)


def move(attempt: Attempt, session: Session, state: Attempt.State) -> bool:
    """Guarded: True for the one who moves the attempt to `state`."""
    told = {
        "pk": attempt.pk,
        "state": state,
        "payment_intent": session.payment_intent,
        "livemode": session.livemode,
        "error": session.failure,
    }
    has_money = session.is_paid and session.payment_intent
    moved = CAPTURE.run(**told, captured=session.amount) if has_money else MOVE.run(**told)
    if moved:
        attempt.state = state
    return bool(moved)
