"""Orders that nobody paid: asked about at Stripe first, then given up (design 5.2, point 5)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField
from django_tasks import task

from bodega.databases.prepared import Parameter, Prepared
from bodega.lib.clock import utc_now
from bodega.orders import expiring
from bodega.orders.models import Order
from bodega.payments import attempts, settling, stripe
from bodega.payments.models import ALIVE, STARTABLE, Attempt

UNPAID = Prepared(
    lambda: Order.objects.filter(
        status=Order.Status.AWAITING_PAYMENT, cart_token=Parameter("cart_token", CharField())
    )
)
BATCH = 100
ASK_AGAIN = timedelta(days=1)  # about money that is still on its way


@task
def expire_orders() -> None:
    """Give up orders past their reservation. Recurring, every minute or so; idempotent."""
    lapse_overdue(now=utc_now())


def lapse_overdue(*, now: datetime, limit: int = BATCH) -> int:
    """Settle or give up what is past its reservation; returns how many orders were looked at.

    Raises StripeUnreachable: everything not done yet keeps its reservation until the next run.
    """
    awaiting = Order.objects.filter(status=Order.Status.AWAITING_PAYMENT)
    overdue = list(awaiting.filter(expires_at__lte=now).order_by("expires_at")[:limit])
    for order in overdue:
        lapse(order, "Not paid in time", now=now, tell=True)
    return len(overdue)


def withdraw(cart_token: str, *, keep: str, now: datetime) -> Order | None:
    """Give up what was placed from this cart before and never paid: a newer checkout takes its place.

    Its stock is what the newer one wants. `keep` is the newer one's checkout key: a double click's other
    request may just have placed it. Returns an order that turns out to be paid, or whose money is on the
    way: then there is nothing to pay again. Network only if there is such an order; StripeUnreachable.
    """
    for order in UNPAID.rows(cart_token=cart_token) if cart_token else ():
        if order.checkout_key == keep:
            continue
        lapse(order, "Replaced by a newer checkout", now=now)
        order.refresh_from_db()
        if order.is_paid or order.attempts.filter(state=Attempt.State.PROCESSING).exists():
            return order
    return None


def lapse(order: Order, reason: str, *, now: datetime, tell: bool = False) -> None:
    """End the order's sessions at Stripe and write down what Stripe says; paid ones are settled.

    `tell`: the customer gets a mail about an order that ends here.
    """
    for attempt in order.attempts.filter(state__in=ALIVE).select_related("order"):
        end(attempt, now=now)
    with transaction.atomic():
        alive = order.attempts.filter(state__in=ALIVE)
        if not alive.exists():
            expiring.mark_expired(order, reason, at=now, tell=tell)
        elif order.expires_at and order.expires_at <= now:
            attempts.hold(order, now + ASK_AGAIN)


def end(attempt: Attempt, *, now: datetime) -> None:
    """Have Stripe end the attempt's session, if it ever made one, and book how that went.

    Whether it made one is found out by asking for it again with the same key. A session whose own time
    is over cannot be paid any more, so an attempt that stays unknown until then has expired.
    """
    try:
        if attempt.session_id is None:
            attempts.ask(attempt)
        session = stripe.client().expire_session(attempt.session_id or "")
    except stripe.StripeRefused as error:
        return forget(attempt, Attempt.State.FAILED, str(error))
    except stripe.StripeUnreachable as error:
        if attempt.expires_at > now or attempt.session_id:
            raise
        return forget(attempt, Attempt.State.EXPIRED, str(error))
    if session.status == "expired":
        return forget(attempt, Attempt.State.EXPIRED, "")
    try:
        settling.book(session, now=now)
    except settling.NotOurs as error:  # the shop was moved, and its old sessions with it
        forget(attempt, Attempt.State.FAILED, str(error))
    return None


def forget(attempt: Attempt, state: Attempt.State, why: str) -> None:
    """Nothing can come of this attempt any more."""
    startable = Attempt.objects.filter(pk=attempt.pk, state__in=STARTABLE)
    startable.update(state=state, error=why)
