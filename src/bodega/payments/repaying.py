"""What follows when Stripe has made a refund, refused it, or had it sent back.

A refund goes forward only: waiting → on its way → refunded → (sent back) failed; each step is a guarded
update, so whoever comes first does what follows, once, and an old message changes nothing.

Goods go back on the shelf in the step in which Stripe made the refund: a refused one moves nothing, and
a repeated answer nothing more. They stay there when the money is sent back later: where they lie has
nothing to do with the bank. What never left the shelf (oversold, untracked) does not go back on it.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum

from bodega import outbox
from bodega.catalog import stock
from bodega.catalog.models import Movement
from bodega.orders import dispatching, invoicing, mails, timeline
from bodega.orders.announcing import announce
from bodega.orders.models import Order
from bodega.payments import portions
from bodega.payments.models import WAITING, Attempt, LedgerEntry, Refund
from bodega.payments.reversals import BankRefund

State = Refund.State
# What goes off the shelf for an order and comes back from it.
THERE_AND_BACK = (Movement.Reason.SOLD, Movement.Reason.RETURNED)


def book(refund: Refund, told: BankRefund, *, now: datetime) -> None:
    """Write down how a freshly fetched refund stands. One transaction, idempotent, in any order."""
    with transaction.atomic():
        if told.has_failed and move(refund, told, WAITING, State.FAILED):
            return came_to_nothing(refund, told, now=now)
        reached = State.SUCCEEDED if told.is_done else State.PENDING
        if not told.has_failed and move(refund, told, WAITING, reached):
            return made(refund, told, now=now)
        if told.is_done:
            move(refund, told, [State.PENDING], State.SUCCEEDED)
        if told.has_failed and move(refund, told, [State.PENDING, State.SUCCEEDED], State.FAILED):
            return sent_back(refund, told, now=now)
    return None


def move(
    refund: Refund, told: BankRefund, seen: "list[State] | tuple[State, ...]", to: State
) -> bool:
    """Guarded: True for the one who moves the refund on."""
    here = Refund.objects.filter(pk=refund.pk, state__in=seen)
    return bool(here.update(state=to, refund_id=told.id, failure=told.failure[:200]))


def made(refund: Refund, told: BankRefund, *, now: datetime) -> None:
    """Stripe made it: ledger, credit note, shelf, timeline, and the customer hears of it."""
    order = Order.objects.get(pk=refund.order_id)
    enter(refund, told, LedgerEntry.Kind.REFUND, -refund.amount, now=now)
    put_back(refund, order, now=now)
    where = " in Stripe's dashboard" if refund.is_imported and refund.actor == "stripe" else ""
    message = f"Refunded {refund.money}{where}{for_what(refund)}"
    told_as = {"refund": told.id, "amount": refund.amount}
    timeline.record(
        order, "refunded", message, actor=refund.actor, is_public=True, at=now, data=told_as
    )
    if refund.credited:
        credit(refund, order, now=now)
    if not portions.standing(order).surplus:
        Refund.objects.filter(order=order, is_owed=True).update(is_owed=False)
    dispatching.complete(order, actor=refund.actor, at=now)
    outbox.put(mails.send, order.pk, "refunded", about=refund.idempotency_key)
    outbox.put(announce, order.pk)


def credit(refund: Refund, order: Order, *, now: datetime) -> None:
    """The credit note; its lines are the refund's, its total what was credited."""
    invoicing.issue_credit_note(
        order,
        about=refund.idempotency_key,
        total=refund.credited,
        lines=[
            (part.line, part.quantity, part.amount) for part in refund.lines.select_related("line")
        ],
        shipping=refund.shipping,
        at=now,
    )


def put_back(refund: Refund, order: Order, *, now: datetime) -> None:
    """Restock what was ticked, as far as it had left the shelf for this order."""
    for part in refund.lines.filter(is_restocked=True).select_related("line"):
        variant_id = part.line.variant_id
        moved = Movement.objects.filter(
            reference=order.public_id, variant=variant_id, reason__in=THERE_AND_BACK
        )
        off_shelf = -(moved.aggregate(sum=Sum("on_hand_delta"))["sum"] or 0)
        units = min(part.quantity, off_shelf)
        if variant_id is not None and units > 0:
            note = f"refund of {order.number}"
            stock.adjust(
                variant_id, units, Movement.Reason.RETURNED,
                actor=refund.actor, note=note, reference=order.public_id, now=now,
            )  # fmt: skip


def for_what(refund: Refund) -> str:
    """ ": 2 × Dunes, shipping", or nothing for a mere amount."""
    parts = [f"{part.quantity} × {part.line.title}" for part in refund.lines.select_related("line")]
    parts += ["shipping"] if refund.shipping else []
    return f": {', '.join(parts)}" if parts else ""


def refuse(refund: Refund, why: str, *, now: datetime) -> None:
    """Stripe said no and nothing happened: the sums are free again."""
    with transaction.atomic():
        here = Refund.objects.filter(pk=refund.pk, state__in=WAITING)
        if here.update(state=State.FAILED, failure=why[:200], credited=0):
            give_back_sums(refund)
            forget_repeat(refund)
            message = f"Stripe refused the refund of {refund.money}: {why}"
            timeline.record(refund.order, "refund_refused", message, actor=refund.actor, at=now)
            outbox.put(announce, refund.order_id)


def came_to_nothing(refund: Refund, told: BankRefund, *, now: datetime) -> None:
    """It had failed before the shop ever heard that it was made: two bookings, and nothing else."""
    enter(refund, told, LedgerEntry.Kind.REFUND, -refund.amount, now=now)
    enter(refund, told, LedgerEntry.Kind.REFUND_FAILED, refund.amount, now=now)
    if not refund.is_imported:
        give_back_sums(refund)
        forget_repeat(refund)
    Refund.objects.filter(pk=refund.pk).update(credited=0)
    message = f"The refund of {refund.money} failed{because(told)}"
    timeline.record(refund.order, "refund_refused", message, actor=refund.actor, at=now)
    outbox.put(announce, refund.order_id)


def sent_back(refund: Refund, told: BankRefund, *, now: datetime) -> None:
    """The customer's bank did not take it: the money is the shop's again, and owed to the customer."""
    Refund.objects.filter(pk=refund.pk).update(is_owed=True)
    give_back_sums(refund)
    enter(refund, told, LedgerEntry.Kind.REFUND_FAILED, refund.amount, now=now)
    order = Order.objects.get(pk=refund.order_id)
    message = (
        f"The refund of {refund.money} came back{because(told)}: make it again, or pay otherwise"
    )
    if refund.lines.filter(is_restocked=True).exists():
        message += ". What was put back on the shelf stays there"
    timeline.record(order, "refund_failed", message, at=now, data={"refund": told.id})
    public = f"Your bank did not take the refund of {refund.money}; we get in touch with you"
    timeline.record(order, "refund_returned", public, is_public=True, at=now)
    outbox.put(announce, order.pk)


def because(told: BankRefund) -> str:
    """Stripe's reason in brackets: " (expired or canceled card)"."""
    is_told = told.failure not in {"", "unknown"}
    return f" ({told.failure.replace('_', ' ')})" if is_told else ""


def give_back_sums(refund: Refund) -> None:
    """What the refund held is free again, inside the caller's guarded step."""
    less = F("refunded") - refund.amount
    Attempt.objects.filter(pk=refund.attempt_id).update(refunded=less)
    Order.objects.filter(pk=refund.order_id).update(refunded=less)


def forget_repeat(refund: Refund) -> None:
    """The refund that was to make another one good did not: the other is owed again."""
    if refund.repeats_id is not None:
        Refund.objects.filter(pk=refund.repeats_id).update(is_owed=True)


def enter(
    refund: Refund, told: BankRefund, kind: LedgerEntry.Kind, amount: int, *, now: datetime
) -> None:
    """One row in the ledger for one movement, whoever comes first."""
    entry = LedgerEntry(
        order_id=refund.order_id,
        attempt_id=refund.attempt_id,
        payment_intent=refund.attempt.payment_intent,
        kind=kind,
        reference=told.id,
        charge=told.charge,
        amount=amount,
        currency=refund.currency,
        livemode=refund.livemode,
        at=now,
    )
    LedgerEntry.objects.bulk_create([entry], ignore_conflicts=True)
