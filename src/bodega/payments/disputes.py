"""Disputes: a customer's bank asks a payment back (design 5.2, point 8).

They are answered in Stripe's dashboard; here they are seen, with the deadline, next to what the shop
knows about the order. Told by webhook or found by the sweeper, as often as they like, in any order.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from bodega import outbox
from bodega.orders import mails, timeline
from bodega.orders.announcing import announce
from bodega.payments import stripe
from bodega.payments.models import Attempt, Dispute, LedgerEntry
from bodega.payments.refunding import attempt_of
from bodega.payments.reversals import BankDispute

logger = logging.getLogger(__name__)

VERDICTS = {
    "won": "won: the money is the shop's again",
    "lost": "lost: the money stays with the customer",
    "warning_closed": "ended without a dispute",
    "prevented": "prevented",
}


def open_disputes() -> "QuerySet[Dispute]":
    """Disputes that are not over, the nearest deadline first."""
    still = Dispute.objects.filter(closed_at=None).select_related("order")
    return still.order_by(F("due_by").asc(nulls_last=True), "pk")


def follow(dispute_id: str, *, now: datetime) -> Dispute:
    """Ask Stripe how a dispute stands, and bring the shop up to it. Network; raises what Stripe does."""
    return import_dispute(stripe.client().dispute(dispute_id), now=now)


def import_dispute(told: BankDispute, *, now: datetime) -> Dispute:
    """Bring the shop up to what Stripe says of a dispute. `told` must be fresh. Idempotent.

    A payment that the shop does not know (yet) leaves `order` empty until it does. Network only for
    such a payment; raises StripeUnreachable: try again.
    """
    attempt = attempt_of(told.payment_intent, now=now)
    with transaction.atomic():
        dispute, is_new = Dispute.objects.get_or_create(
            dispute_id=told.id, defaults=first_seen(told, attempt)
        )
        attach(dispute, attempt)
        if attempt is not None:
            enter(dispute, told, attempt, now=now)
        if is_new:
            opened(dispute, now=now)
        keep_up(dispute, told, now=now)
    dispute.refresh_from_db()
    return dispute


def first_seen(told: BankDispute, attempt: Attempt | None) -> dict[str, object]:
    """The columns that never change, and the first state."""
    return {
        "order": attempt.order if attempt else None,
        "payment_intent": told.payment_intent,
        "charge": told.charge,
        "amount": told.amount,
        "currency": told.currency,
        "reason": told.reason,
        "status": told.status,
        "due_by": told.due_by,
        "livemode": told.livemode,
        "opened_at": told.created,
        "closed_at": None,
    }


def attach(dispute: Dispute, attempt: Attempt | None) -> None:
    """A dispute of an unknown payment finds its order once there is one."""
    if attempt is not None and dispute.order_id is None:
        Dispute.objects.filter(pk=dispute.pk, order=None).update(order=attempt.order)
        dispute.order = attempt.order


def enter(dispute: Dispute, told: BankDispute, attempt: Attempt, *, now: datetime) -> None:
    """A row in the ledger for each time the money was taken or given back; usually one of each."""
    kinds = LedgerEntry.Kind
    moved = [(kinds.DISPUTE, -dispute.amount, n) for n in range(1, told.withdrawn + 1)]
    moved += [(kinds.DISPUTE_WON, dispute.amount, n) for n in range(1, told.reinstated + 1)]
    rows = [
        LedgerEntry(
            order=attempt.order,
            attempt=attempt,
            payment_intent=told.payment_intent,
            kind=kind,
            reference=told.id if n == 1 else f"{told.id}/{n}",
            charge=told.charge,
            amount=amount,
            currency=dispute.currency,
            livemode=dispute.livemode,
            at=now,
        )
        for kind, amount, n in moved
    ]
    LedgerEntry.objects.bulk_create(rows, ignore_conflicts=True)


def opened(dispute: Dispute, *, now: datetime) -> None:
    """Somebody has to know today: the deadline runs."""
    if dispute.order is None:
        logger.error("dispute %s is about a payment this shop does not know", dispute.dispute_id)
        return
    until = f": answer by {dispute.due_by:%d %b %Y}" if dispute.due_by else ""
    message = f"The customer's bank disputes {dispute.money} ({dispute.reason_text}){until}"
    timeline.record(dispute.order, "disputed", message, actor="stripe", at=now)
    outbox.put(mails.send, dispute.order.pk, "dispute", about=dispute.dispute_id)
    outbox.put(announce, dispute.order.pk)


def keep_up(dispute: Dispute, told: BankDispute, *, now: datetime) -> None:
    """Status and deadline as they are now; each change is told once."""
    seen = Dispute.objects.filter(pk=dispute.pk, status=dispute.status, due_by=dispute.due_by)
    closed_at = (dispute.closed_at or now) if told.is_closed else None
    changed = (told.status, told.due_by, closed_at) != (
        *(dispute.status, dispute.due_by, dispute.closed_at),
    )
    if not changed or not seen.update(
        status=told.status, due_by=told.due_by, reason=told.reason, closed_at=closed_at
    ):
        return
    if dispute.order is not None and (told.is_closed or told.status != dispute.status):
        kind = "dispute_closed" if told.is_closed else "dispute_changed"
        message = f"The dispute about {dispute.money} is {words_of(told)}"
        timeline.record(dispute.order, kind, message, actor="stripe", at=now)
        outbox.put(announce, dispute.order.pk)


def words_of(told: BankDispute) -> str:
    """Stripe's status for people."""
    return VERDICTS.get(told.status, words(told.status))


def words(code: str) -> str:
    """Stripe's codes for people: "product_not_received" → "product not received"."""
    return code.replace("_", " ")
