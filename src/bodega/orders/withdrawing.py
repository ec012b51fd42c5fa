"""A consumer withdraws from the contract, guest or not (Directive 2011/83/EU, articles 9 and 11a).

Stated in a form, confirmed with a button, stored with the moment, acknowledged by mail. Whoever is late
is flagged, not refused: the merchant decides.
"""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, Sum
from django.template.loader import render_to_string
from django.utils.timezone import localdate
from django_tasks import task

from bodega import outbox
from bodega.jobs.retries import retrying
from bodega.merchant.models import Merchant
from bodega.orders import mails, timeline
from bodega.orders.announcing import announce
from bodega.orders.models import Order, OrderLine, Withdrawal, WithdrawalLine
from bodega.orders.statements import Statement

STANDING = ~Q(withdrawn__withdrawal__state=Withdrawal.State.REFUSED)
SATURDAY = 5


class NeedsReason(ValueError):
    """A refusal without a reason is none."""


def file(stated: Statement, *, at: datetime) -> Withdrawal | None:
    """Store a confirmed statement, and have its receipt sent; None when there is no such order.

    Repeating it changes nothing. Whoever asked is told the same in either case; a wrong order number
    is told by mail to the address that was typed, so that no withdrawal is lost to a slip.
    """
    with transaction.atomic():
        order = find(stated)
        if order is None:
            outbox.put(tell_unknown, stated.email, stated.key)
            return None
        return known(order, stated) or store(order, stated, at=at)


def find(stated: Statement) -> Order | None:
    """The order: by its own page, or by number (also without its prefix) and e-mail address."""
    if stated.order:
        return Order.objects.filter(public_id=stated.order).first()
    typed = stated.number.strip().lstrip("#").strip()
    named = Q(number__iexact=typed) | Q(number__iexact=Merchant.current().order_prefix + typed)
    return Order.objects.filter(named, email__iexact=stated.email.strip()).first()


def known(order: Order, stated: Statement) -> Withdrawal | None:
    """The withdrawal that a second click finds, or one that leaves nothing to withdraw from."""
    same = Withdrawal.objects.filter(public_id=stated.key).first()
    if same or withdrawable(order):
        return same
    return order.withdrawals.exclude(state=Withdrawal.State.REFUSED).first()


def withdrawable(order: Order) -> dict[int, int]:
    """How many of each line nobody withdrew from yet, by line id."""
    lines = OrderLine.objects.filter(order=order).values("pk", "quantity")
    rows = lines.annotate(gone=Sum("withdrawn__quantity", filter=STANDING)).order_by("pk")
    left = {row["pk"]: row["quantity"] - (row["gone"] or 0) for row in rows}
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}


def store(order: Order, stated: Statement, *, at: datetime) -> Withdrawal:
    """The row with its lines, the timeline, receipt and news. Inside the caller's transaction."""
    withdrawal = Withdrawal.objects.create(
        public_id=stated.key,
        order=order,
        name=stated.name,
        email=order.email if not stated.order else stated.email,
        statement=stated.wording,
        is_whole=stated.is_whole,
        confirmed_at=at,
    )
    left = withdrawable(order)
    chosen = left if stated.is_whole else {line: count for line, count, _ in stated.lines}
    WithdrawalLine.objects.bulk_create(
        WithdrawalLine(withdrawal=withdrawal, line_id=line, quantity=min(count, left[line]))
        for line, count in chosen.items()
        if line in left
    )
    told = "You have withdrawn from the contract" + ("" if stated.is_whole else " in part")
    timeline.record(
        order, "withdrawn", told, actor="customer", is_public=True, at=at, data={"key": stated.key}
    )
    outbox.put(mails.send, order.pk, "withdrawal", about=stated.key)
    if Merchant.current().orders_email:
        outbox.put(mails.send, order.pk, "withdrawal_filed", about=stated.key)
    outbox.put(announce, order.pk)
    return withdrawal


def decide(
    withdrawal: Withdrawal, *, accepted: bool, reason: str = "", actor: str, at: datetime
) -> bool:
    """The merchant accepts or refuses, once; False when that was decided before. Raises NeedsReason."""
    if not accepted and not reason.strip():
        raise NeedsReason("Say why it is refused: the customer reads it, and so may a court.")
    state = Withdrawal.State.ACCEPTED if accepted else Withdrawal.State.REFUSED
    with transaction.atomic():
        open_ = Withdrawal.objects.filter(pk=withdrawal.pk, state=Withdrawal.State.CONFIRMED)
        if not open_.update(state=state, decision=reason, decided_at=at, actor=actor):
            return False
        order, key = withdrawal.order, withdrawal.public_id
        message = "Withdrawal accepted" if accepted else f"Withdrawal refused: {reason}"
        timeline.record(order, f"withdrawal_{state}", message, actor=actor, is_public=True, at=at)
        outbox.put(mails.send, order.pk, f"withdrawal_{state}", about=key)
        outbox.put(announce, order.pk)
    return True


def deadline(order: Order, days: int) -> date | None:
    """The last day to withdraw: `days` after the last parcel arrived. None: it has not begun.

    The period begins when the consumer has the last good (directive, article 9(2)(b)), the day itself
    not counted; one that would end on a weekend ends on Monday (Regulation 1182/71, article 3). What
    nobody marked as delivered cannot have run out.
    """
    if order.status != Order.Status.FULFILLED:
        return None
    parcels = list(order.shipments.all())
    arrived = [parcel.delivered_at for parcel in parcels if parcel.delivered_at]
    if len(arrived) < len(parcels) or not arrived:
        return None
    last = localdate(max(arrived)) + timedelta(days=days)
    return last + timedelta(days=max(0, 7 - last.weekday())) if last.weekday() >= SATURDAY else last


def is_late(withdrawal: Withdrawal, days: int) -> bool:
    """Whether it was confirmed after the last day."""
    last = deadline(withdrawal.order, days)
    return last is not None and localdate(withdrawal.confirmed_at) > last


@task
@retrying(attempts=30, longest=1800)
def tell_unknown(email: str, key: str) -> None:
    """Tell an address that a withdrawal named an order we do not have. At least once, same Message-ID.

    Nothing that was typed is in it: nobody can send words of their own through the shop.
    """
    merchant = Merchant.current()
    EmailMessage(
        subject=f"Your withdrawal at {merchant.name}: which order?",
        body=render_to_string("mail/unknown.txt", {"shop": merchant, "url": settings.PUBLIC_URL}),
        from_email=mails.sender(merchant),
        to=[email],
        reply_to=[merchant.email],
        headers={"Message-ID": mails.own_id(f"{key}.unknown"), "Auto-Submitted": "auto-generated"},
    ).send()
