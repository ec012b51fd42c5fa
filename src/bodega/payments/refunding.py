"""Giving money back (design 5.2, point 7): recorded with its key, asked of Stripe, recorded again.

    record ──► send ──► book       Stripe made it: ledger, credit note, shelf, mail (`repaying`)
      │          ├────► refuse     Stripe said no: nothing happened, the sums are free again
      │          └────► unknown    no answer: looked for, and asked again with its key (`sending`)
      └ the guards: an attempt never gives back more than it captured, however many try at once

What Stripe says of a refund later, and refunds made in Stripe's dashboard, come in by `import_refund`:
called by the webhook's job and the sweeper, as often as they like and in any order.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from bodega.orders import timeline
from bodega.orders.models import Order
from bodega.payments import identity, portions, repaying, settling, stripe
from bodega.payments.models import WAITING, Attempt, Refund, RefundLine
from bodega.payments.portions import NotRefundable, Plan, Wish
from bodega.payments.reversals import BankRefund
from bodega.payments.sending import REASONS, send

MOST_PAYMENTS = 20  # of one order that hold money; two are a rarity


class KeyReused(Exception):
    """The idempotency key was used for another refund."""


class Overdrawn(Exception):
    """Stripe gave back more than the shop has booked as captured: try again, or look into it."""


class Changed(Exception):
    """Somebody else refunded in the same moment."""


def refund(order: Order, wish: Wish, *, key: str, actor: str, now: datetime) -> Refund:
    """Give money back, and return how the refund stands: made, refused, or unknown. Network.

    `key` is whatever the caller has fixed for this wish (a form's hidden field, an Idempotency-Key):
    the same again gives the same refund. Raises NotRefundable, and KeyReused for another wish.
    """
    made, is_new = record(order, wish, key=key, actor=actor, now=now)
    if is_new or made.is_waiting:
        send(made, now=now, hurry=True)
    return made


def refund_everything(
    order: Order, *, key: str, actor: str, now: datetime, restock: bool = False, note: str = ""
) -> list[Refund]:
    """Give back all that is left of all its payments; empty when nothing is. Network."""
    made = record_everything(order, key=key, actor=actor, now=now, restock=restock, note=note)
    for each in made:
        if each.is_waiting:
            send(each, now=now, hurry=True)
    return made


def record_everything(
    order: Order, *, key: str, actor: str, now: datetime, restock: bool = False, note: str = ""
) -> list[Refund]:
    """Write down refunds of all that is left; in the caller's transaction, if it has one.

    Whoever does not `send` them then leaves that to the recurring task.
    """
    names = [key_of(order, f"{key}/{n}") for n in range(MOST_PAYMENTS)]
    with transaction.atomic():
        known = list(Refund.objects.filter(idempotency_key__in=names))
        if known:
            return known
        wishes: Sequence[Wish] = portions.everything(order, restock=restock, note=note)
        return [
            record(order, wish, key=f"{key}/{n}", actor=actor, now=now)[0]
            for n, wish in enumerate(wishes)
        ]


def record(order: Order, wish: Wish, *, key: str, actor: str, now: datetime) -> tuple[Refund, bool]:
    """Write the refund down and take its sum, before Stripe hears of it; False: it was there already."""
    name = key_of(order, key)
    while True:
        with transaction.atomic():
            known = Refund.objects.filter(idempotency_key=name).first()
            if known is not None:
                check_same(known, wish)
                return known, False
            try:
                return write(order, portions.plan(order, wish), wish, name, actor, now), True
            except Changed:
                transaction.set_rollback(True)


def write(order: Order, plan: Plan, wish: Wish, name: str, actor: str, now: datetime) -> Refund:
    """The rows of a refund, inside the caller's transaction. Raises Changed, NotRefundable."""
    take(order, plan)
    made = Refund.objects.create(
        order=order,
        attempt=plan.attempt,
        idempotency_key=name,
        amount=plan.amount,
        shipping=plan.shipping,
        credited=plan.credited,
        currency=plan.attempt.currency,
        reason=wish.reason,
        note=wish.note,
        actor=actor,
        repeats=owed(order, wish),
        livemode=plan.attempt.livemode,
        created_at=now,
    )
    for part in plan.parts:
        part.refund = made
    RefundLine.objects.bulk_create(plan.parts)
    timeline.record(order, "refund_asked", f"Refund of {made.money} begun", actor=actor, at=now)
    return made


def take(order: Order, plan: Plan) -> None:
    """The guards, each one UPDATE whose count is looked at.

    The order's sum is as it was seen, so that no line is given back twice; the attempt's never exceeds
    what was captured. Raises Changed, NotRefundable.
    """
    as_seen = Order.objects.filter(pk=order.pk, refunded=plan.seen)
    if not as_seen.update(refunded=F("refunded") + plan.amount):
        raise Changed
    covered = Attempt.objects.filter(pk=plan.attempt.pk, captured__gte=F("refunded") + plan.amount)
    if not covered.update(refunded=F("refunded") + plan.amount):
        raise Changed
    order.refunded = plan.seen + plan.amount


def owed(order: Order, wish: Wish) -> Refund | None:
    """The refund that came back and is made again: it is owed no longer. Raises NotRefundable."""
    if wish.repeats_id is None:
        return None
    waiting = Refund.objects.filter(pk=wish.repeats_id, order=order, is_owed=True)
    if not waiting.update(is_owed=False):
        raise NotRefundable("That refund has been made again already.", code="not_owed")
    return Refund.objects.get(pk=wish.repeats_id)


def key_of(order: Order, key: str) -> str:
    """The key by which Stripe, the credit note and the mail know the refund: 39 characters."""
    text = f"{order.public_id}/{key}"
    return f"refund-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def check_same(known: Refund, wish: Wish) -> None:
    """Raises KeyReused unless the refund is what is wished for."""
    pieces = {piece.line_id: piece.quantity for piece in wish.pieces if piece.quantity}
    goods = sum(line.amount for line in known.lines.all()) + known.shipping
    same = (
        dict(known.lines.values_list("line", "quantity")) == pieces
        and (known.shipping, known.amount - goods) == (wish.shipping, wish.adjustment)
        and known.reason == wish.reason
    )
    if not same:
        raise KeyReused("This key was used for another refund of the order; take a new one.")


def settle_otherwise(refund: Refund, note: str, *, actor: str, now: datetime) -> bool:
    """What came back was paid in another way, says `note`; False when nothing was owed (any more)."""
    with transaction.atomic():
        if not Refund.objects.filter(pk=refund.pk, is_owed=True).update(is_owed=False):
            return False
        message = f"The refund of {refund.money} that came back is settled otherwise: {note}"
        timeline.record(refund.order, "refund_settled", message, actor=actor, at=now)
        return True


def follow(refund_id: str, *, now: datetime) -> Refund | None:
    """Ask Stripe how a refund stands and bring the shop up to it. Network; raises as `import_refund`."""
    return import_refund(stripe.client().refund(refund_id), now=now)


def import_refund(told: BankRefund, *, now: datetime) -> Refund | None:
    """Bring the shop up to what Stripe says of a refund, its own or one made in Stripe's dashboard.

    `told` must be fresh. Idempotent; network only for a payment the shop does not know yet. None: the
    payment is another shop's. Raises Overdrawn, StripeUnreachable: try again later.
    """
    known = find(told)
    if known is None:
        attempt = attempt_of(told.payment_intent, now=now)
        if attempt is None:
            return None
        known = adopt(told, attempt, now=now) or adopt_after_others(told, attempt, now=now)
    repaying.book(known, told, now=now)
    known.refresh_from_db()
    return known


def find(told: BankRefund) -> Refund | None:
    """The refund's row: by its id, or by the key in its metadata when no answer was recorded."""
    known = Refund.objects.filter(refund_id=told.id).first()
    key = told.metadata.get("refund")
    return known or Refund.objects.filter(idempotency_key=key, refund_id=None).first()


def attempt_of(payment_intent: str, *, now: datetime) -> Attempt | None:
    """The attempt of a payment; one that has not been settled (or was lost) is settled first."""
    known = Attempt.objects.select_related("order").filter(payment_intent=payment_intent).first()
    if known is not None or not payment_intent:
        return known if payment_intent else None
    session = stripe.client().session_of(payment_intent)
    if session is None:
        return None
    try:
        settling.settle(session.id, now=now)
    except (settling.NotOurs, settling.OrderMissing):
        return None
    return Attempt.objects.select_related("order").filter(payment_intent=payment_intent).first()


def adopt(told: BankRefund, attempt: Attempt, *, now: datetime) -> Refund | None:
    """Write down a refund the shop has no row of; None when the sums leave no room for it.

    One that had failed before the shop heard of it takes no sum.
    """
    with transaction.atomic():
        known = find(told)
        if known is not None:
            return known
        amount = 0 if told.has_failed else told.amount
        covered = Attempt.objects.filter(pk=attempt.pk, captured__gte=F("refunded") + amount)
        if not covered.update(refunded=F("refunded") + amount):
            return None
        before = portions.standing(attempt.order)
        Order.objects.filter(pk=attempt.order_id).update(refunded=F("refunded") + amount)
        made = written(told, attempt, before)
        repaying.book(made, told, now=now)
        return made


def written(told: BankRefund, attempt: Attempt, before: portions.Standing) -> Refund:
    """The row of a refund made elsewhere, or lost here."""
    lost = told.metadata.get("shop") == identity.shop() and told.metadata.get("refund")
    lines = lost_lines(told, attempt.order) if lost else []
    held = before.left + (0 if told.has_failed else told.amount)  # before this one
    surplus = max(0, held - before.creditable)
    credited = min(told.amount if lines else max(0, told.amount - surplus), before.creditable)
    made = Refund.objects.create(
        order=attempt.order,
        attempt=attempt,
        idempotency_key=lost or imported_key(told),
        amount=told.amount,
        shipping=int(told.metadata.get("shipping", "0")) if lost else 0,
        credited=0 if told.has_failed else credited,
        currency=told.currency,
        reason=told.reason if told.reason in REASONS else Refund.Reason.OTHER,
        actor="recovery" if lost else "stripe",
        is_imported=True,
        livemode=attempt.livemode,
        created_at=told.created,
    )
    for line in lines:
        line.refund = made
    RefundLine.objects.bulk_create(lines)
    return made


def imported_key(told: BankRefund) -> str:
    """A key as ours are, made of Stripe's id."""
    return f"refund-{hashlib.sha256(told.id.encode()).hexdigest()[:32]}"


def lost_lines(told: BankRefund, order: Order) -> list[RefundLine]:
    """The lines of a refund of ours whose row was lost, from its metadata."""
    places = list(order.lines.all())
    return [
        RefundLine(line=places[place], quantity=quantity, amount=amount, is_restocked=bool(restock))
        for place, quantity, amount, restock in json.loads(told.metadata.get("lines", "[]"))
    ]


def adopt_after_others(told: BankRefund, attempt: Attempt, *, now: datetime) -> Refund:
    """A refund of ours that Stripe has not heard of holds the sum of one that Stripe has made: ours is
    sent, and refused, and the sum is free. Raises Overdrawn when that was not it."""
    for waiting in attempt.refunds.filter(state__in=WAITING):
        send(waiting, now=now)
    known = adopt(told, attempt, now=now)
    if known is None:
        raise Overdrawn(f"{told.id} exceeds what {attempt.payment_intent} captured")
    return known
