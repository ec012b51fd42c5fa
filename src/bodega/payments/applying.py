"""What each kind of Stripe's events makes the shop look at: not what it says, but how things are."""

from collections.abc import Callable
from datetime import datetime

from bodega.orders.models import Order
from bodega.payments import disputes, refunding, settling, stripe
from bodega.payments.models import WebhookEvent

Look = Callable[[str, datetime], str]

NOTHING = "nothing to do"
ANOTHERS = "ignored: a payment of another shop"


def apply(event: WebhookEvent, *, now: datetime) -> str:
    """Do what the event is about; returns the outcome, for people.

    Raises StripeUnreachable and Overdrawn: the job tries again.
    """
    look = look_of(event.type)
    if look is None:
        return NOTHING
    try:
        return look(event.object_id, now)
    except (settling.NotOurs, settling.OrderMissing, stripe.StripeRefused) as error:
        return f"ignored: {error}"


def foregone(event_type: str, object_id: str) -> str:
    """The outcome of an event that has nothing left to look at: a read. Empty for all others."""
    look = look_of(event_type)
    if look is None:
        return NOTHING
    done = settling.settled(object_id) if look is session else None
    return before(done) if done else ""


def look_of(event_type: str) -> Look | None:
    """What an event of this type makes the shop look at."""
    return next((look for start, look in LOOKS.items() if event_type.startswith(start)), None)


def before(order: Order) -> str:
    """What became of an event about money that was booked when it came."""
    return f"{order.number}: was settled before"


def session(session_id: str, now: datetime) -> str:
    """A Checkout Session: settle it, unless the customer's own return has done so."""
    done = settling.settled(session_id)
    if done:
        return before(done)
    order = settling.settle(session_id, now=now, actor="stripe")
    return f"{order.number}: {order.get_status_display()}"


def refund(refund_id: str, now: datetime) -> str:
    """A refund, the shop's own or one made in Stripe's dashboard."""
    known = refunding.follow(refund_id, now=now)
    return (
        f"{known.order.number}: refund {known.get_state_display().lower()}" if known else ANOTHERS
    )


def refunds_of(charge_id: str, now: datetime) -> str:
    """A charge of which something was refunded: each of its refunds."""
    told = stripe.client().refunds(charge=charge_id)
    known = [refunding.import_refund(each, now=now) for each in told]
    numbers = {each.order.number for each in known if each is not None}
    return f"{', '.join(sorted(numbers))}: {len(known)} refunds" if numbers else ANOTHERS


def dispute(dispute_id: str, now: datetime) -> str:
    """A dispute."""
    known = disputes.follow(dispute_id, now=now)
    about = known.order.number if known.order else "a payment this shop does not know"
    return f"{about}: dispute {disputes.words(known.status)}"


# The first that an event's type begins with. "charge.refund.updated" is the older name of
# "refund.updated" (https://docs.stripe.com/api/events/types); "charge.refunded" is about the charge.
LOOKS: dict[str, Look] = {
    "checkout.session.": session,
    "refund.": refund,
    "charge.refund.": refund,
    "charge.refunded": refunds_of,
    "charge.dispute.": dispute,
}
