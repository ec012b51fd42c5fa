"""Asking Stripe to make a refund that is recorded, and asking again when the answer got lost.

The only two ways out are an answer and `unknown`: a refund whose answer is missing is looked for by its
metadata and asked for again under its key, until Stripe has said yes or no.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django_tasks import task

from bodega.lib.clock import utc_now
from bodega.payments import identity, repaying, stripe, units
from bodega.payments.models import WAITING, Refund
from bodega.payments.reversals import BankRefund

# Stripe's own words for the reason; there is none for "something else".
REASONS = {reason.value for reason in Refund.Reason} - {Refund.Reason.OTHER.value}
ANSWER_IS_DUE = timedelta(
    minutes=1
)  # after that a refund nobody has sent is sent by the recurring task
LONGEST_LINES = 500  # characters of a metadata value


def send(refund: Refund, *, now: datetime, hurry: bool = False) -> None:
    """Have Stripe make the refund and write down what it says. Network; repeated calls are harmless.

    A refund that may have been asked for before is looked for first: Stripe forgets keys after 24
    hours, and the refund's own metadata does not.
    """
    bank = stripe.client(hurry=hurry)
    is_repeat = refund.state == Refund.State.UNKNOWN or refund.created_at <= now - ANSWER_IS_DUE
    try:
        told = made_before(bank, refund) if is_repeat else None
        told = told or bank.create_refund(params(refund), key=refund.idempotency_key)
    except stripe.StripeRefused as error:
        repaying.refuse(refund, str(error), now=now)
    except stripe.StripeUnreachable as error:
        waiting = Refund.objects.filter(pk=refund.pk, state__in=WAITING)
        waiting.update(state=Refund.State.UNKNOWN, failure=str(error)[:200])
    else:
        repaying.book(refund, told, now=now)
    refund.refresh_from_db()


def made_before(bank: stripe.Stripe, refund: Refund) -> BankRefund | None:
    """The refund at Stripe, if the answer that it was made got lost."""
    of_payment = bank.refunds(payment_intent=refund.attempt.payment_intent)
    key = refund.idempotency_key
    return next((told for told in of_payment if told.metadata.get("refund") == key), None)


def params(refund: Refund) -> dict[str, Any]:
    """What makes the refund at Stripe. Of frozen rows only: a repeat says the same."""
    asked: dict[str, Any] = {
        "payment_intent": refund.attempt.payment_intent,
        "amount": units.to_stripe(refund.amount, refund.currency),
        "metadata": described(refund),
    }
    return asked | ({"reason": refund.reason} if refund.reason in REASONS else {})


def described(refund: Refund) -> dict[str, str]:
    """The refund in its metadata, so that a lost row can be written again with its lines."""
    rows = refund.lines.order_by("line").values_list("line", "quantity", "amount", "is_restocked")
    places = {pk: n for n, pk in enumerate(refund.order.lines.values_list("pk", flat=True))}
    lines = json.dumps([[places[row[0]], *row[1:3], int(row[3])] for row in rows])
    return {
        "shop": identity.shop(),
        "environment": identity.environment(),
        "order": refund.order.public_id,
        "number": refund.order.number,
        "refund": refund.idempotency_key,
        "shipping": str(refund.shipping),
        "lines": lines if len(lines) <= LONGEST_LINES else "[]",
    }


@task
def repeat_refunds() -> None:
    """Ask again about refunds without an answer. Recurring, every minute; idempotent."""
    repeat_waiting(now=utc_now())


def repeat_waiting(*, now: datetime) -> int:
    """Send what was recorded and never answered; returns how many were tried. Network."""
    never_sent = Q(state=Refund.State.NEW, created_at__lte=now - ANSWER_IS_DUE)
    ours = Refund.objects.filter(never_sent | Q(state=Refund.State.UNKNOWN), is_imported=False)
    waiting = list(ours.select_related("order", "attempt").order_by("pk"))
    for tried, each in enumerate(waiting, start=1):
        send(each, now=now)
        if each.state == Refund.State.UNKNOWN:
            return tried  # Stripe cannot be reached: the others would wait in vain
    return len(waiting)
