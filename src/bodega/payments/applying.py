"""What each kind of Stripe's events makes the shop look at: not what it says, but how things are."""

from collections.abc import Callable
from datetime import datetime

from bodega.payments import disputes, refunding, settling, stripe
from bodega.payments.models import WebhookEvent

Look = Callable[[str, datetime], str]

ANOTHERS = "ignored: a payment of another shop"


def apply(event: WebhookEvent, *, now: datetime) -> str:
    """Do what the event is about; returns the outcome, for people.

    Raises StripeUnreachable and Overdrawn: the job tries again.
    """
    look = next((look for start, look in LOOKS.items() if event.type.startswith(start)), None)
    if look is None:
        return "nothing to do"
    try:
        return look(event.object_id, now)
    except (settling.NotOurs, settling.OrderMissing, stripe.StripeRefused) as error:
        return f"ignored: {error}"


def session(session_id: str, now: datetime) -> str:
    """A Checkout Session: settle it, unless the customer's own return has done so."""
    done = settling.settled(session_id)
    if done:
        return f"{done.number}: was settled before"
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
