"""One try to have an order paid: recorded first, then started at Stripe, then recorded again."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BigIntegerField, CharField, Max

from bodega.catalog import stock
from bodega.databases.prepared import Parameter, Prepared, PreparedUpdate
from bodega.merchant.models import Merchant
from bodega.orders import expiring, timeline
from bodega.orders.models import Order
from bodega.payments import identity, stripe
from bodega.payments.describing import session_params
from bodega.payments.models import STARTABLE, Attempt
from bodega.payments.sessions import Session

# How long a session outlives the reservation: the shop, not the clock at Stripe, ends it (design 5.2).
GRACE = timedelta(minutes=5)
# Stripe's own bounds are 30 minutes and 24 hours after *its* now; a minute for the clocks' difference.
SHORTEST = timedelta(minutes=31)
LONGEST = timedelta(hours=23, minutes=59)


LAST = Prepared(
    lambda: Attempt.objects.filter(order=Parameter("order", BigIntegerField())).order_by("-n")[:1]
)
OPENED = PreparedUpdate(
    lambda: Attempt.objects.filter(
        pk=Parameter("pk", BigIntegerField()), session_id__isnull=True, state__in=STARTABLE
    ),
    state=Attempt.State.OPEN,
    session_id=Parameter("session", CharField()),
    session_url=Parameter("url", CharField()),
    error="",
)


class NotPayable(Exception):
    """The order does not wait for money (any more), or its money is on the way."""


def open_attempt(order: Order, *, now: datetime, n: int = 1) -> Attempt:
    """Record try number `n`, inside the caller's transaction, before Stripe hears of it."""
    until = (order.expires_at or now) + GRACE
    return Attempt.objects.create(
        order=order,
        n=n,
        idempotency_key=f"{identity.shop()}-{order.public_id}-{n}-session",
        amount=order.total,
        currency=order.currency,
        livemode=stripe.livemode(),
        expires_at=min(max(until, now + SHORTEST), now + LONGEST),
        created_at=now,
    )


def start_session(attempt: Attempt, *, now: datetime) -> str:
    """The address at which the customer pays. Network; repeated calls give the same session.

    Raises StripeUnreachable (the attempt is `unknown`; call again) and StripeRefused (no session was
    made; the order is given up, because nobody can pay it).
    """
    if attempt.state == Attempt.State.OPEN:
        return attempt.session_url
    try:
        return ask(attempt)
    except stripe.StripeUnreachable as error:
        return opened_meanwhile(attempt, error)
    except stripe.StripeRefused as error:
        if is_repeat(attempt, now):
            return start_afresh(attempt, str(error), now=now)
        give_up(attempt, str(error), now=now)
        raise


def ask(attempt: Attempt) -> str:
    """Have Stripe make the session, or show it again, under the attempt's key; write it down."""
    session = stripe.client().create_session(session_params(attempt), key=attempt.idempotency_key)
    record_session(attempt, session)
    return attempt.session_url


def payable(order: Order, *, now: datetime) -> Attempt:
    """The attempt to go on with: the last one, or a new one when that failed. Raises NotPayable."""
    last = LAST.first(order=order.pk)
    if last and last.is_startable and order.is_awaiting:
        last.order = order
        return last
    with transaction.atomic():
        order.refresh_from_db()
        failed = not order.attempts.exclude(state=Attempt.State.FAILED).exists()
        if not order.is_awaiting or not failed:
            raise NotPayable
        return _another(order, now)


def opened_meanwhile(attempt: Attempt, error: stripe.StripeUnreachable) -> str:
    """The address, if a double click's other request got it; otherwise `unknown`, and the error."""
    new = Attempt.objects.filter(pk=attempt.pk, session_id__isnull=True, state__in=STARTABLE)
    if new.update(state=Attempt.State.UNKNOWN, error=str(error)):
        raise error
    attempt.refresh_from_db()
    if not attempt.session_url:
        raise error
    return attempt.session_url


def is_repeat(attempt: Attempt, now: datetime) -> bool:
    """Whether Stripe may have been asked before, so that its "no" may be about the time gone by."""
    return attempt.state == Attempt.State.UNKNOWN or attempt.created_at < now - GRACE


def start_afresh(attempt: Attempt, why: str, *, now: datetime) -> str:
    """A repeated question was refused, so the first never arrived (its answer would have come again):
    the half hour that a session needs at least is over. Another attempt gets a new one."""
    Attempt.objects.filter(pk=attempt.pk, session_id__isnull=True, state__in=STARTABLE).update(
        state=Attempt.State.FAILED, error=why
    )
    return start_session(payable(attempt.order, now=now), now=now)


def record_session(attempt: Attempt, session: Session) -> None:
    """Write down the session of an attempt that has none yet; one that has keeps it."""
    if not OPENED.run(pk=attempt.pk, session=session.id, url=session.url):
        return attempt.refresh_from_db(fields=["session_id", "session_url", "state", "error"])
    attempt.session_id, attempt.session_url = session.id, session.url
    attempt.state, attempt.error = Attempt.State.OPEN, ""
    return None


def give_up(attempt: Attempt, why: str, *, now: datetime) -> None:
    """No session was ever made and none will be: the attempt failed and the stock goes back."""
    with transaction.atomic():
        seen = Attempt.objects.filter(pk=attempt.pk, session_id__isnull=True, state__in=STARTABLE)
        if seen.update(state=Attempt.State.FAILED, error=why):
            timeline.record(attempt.order, "payment_refused", f"Stripe refused: {why}", at=now)
            expiring.mark_expired(attempt.order, "The payment could not be started", at=now)


def hold(order: Order, until: datetime) -> None:
    """Keep the order and its stock waiting until then, inside the caller's transaction."""
    Order.objects.filter(pk=order.pk).update(expires_at=until)
    order.expires_at = until
    stock.extend(order.public_id, until)


def reservation_time(merchant: Merchant | None = None) -> timedelta:
    """How long checkout holds stock: what the merchant set, at least Stripe's 30 minutes."""
    minutes = (merchant or Merchant.current()).reservation_minutes
    return timedelta(minutes=max(30, minutes))


def _another(order: Order, now: datetime) -> Attempt:
    last: int = order.attempts.aggregate(n=Max("n"))["n"] or 0
    hold(order, now + reservation_time())
    return open_attempt(order, now=now, n=last + 1)
