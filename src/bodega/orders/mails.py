"""Mails about an order: one of each kind and matter, however often it is asked for.

Recorded, sent, recorded. The Message-ID is fixed before the first try, so that a crash between sending
and writing that down repeats the same message, which mail systems recognise, not a second one.
"""

import hashlib
from datetime import datetime
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.db.models import CharField, IntegerField
from django.template.loader import render_to_string
from django_tasks import task

from bodega import outbox
from bodega.databases.durability import durable
from bodega.databases.prepared import Parameter, Prepared
from bodega.jobs.retries import retrying
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import matters, timeline, wording
from bodega.orders.enclosing import enclosures
from bodega.orders.letters import KINDS
from bodega.orders.models import Mail, Order
from bodega.orders.wording import Kind

AGAIN = " resend "
ATTEMPTS, LONGEST_WAIT = 30, 1800.0  # seconds; half a day without a mail server

# One of each runs for every mail.
ORDER = Prepared(lambda: Order.objects.filter(pk=Parameter("order", IntegerField())))
RECORDED = Prepared(
    lambda: Mail.objects.filter(
        order=Parameter("order", IntegerField()),
        kind=Parameter("kind", CharField()),
        about=Parameter("about", CharField()),
    )
)


class NobodyToTell(Exception):
    """A mail for the merchant, who has named no address for them (any more)."""


@task
@retrying(attempts=ATTEMPTS, longest=LONGEST_WAIT)
def send(order_id: int, kind: str, about: str = "") -> None:
    """Send the order's mail of this kind unless it went out already. At least once, idempotent.

    `about`: which matter, where there can be several: a parcel's number, a refund's idempotency key, a
    withdrawal's public id, a dispute's id at Stripe, an attempt's number.
    """
    order = order_of(order_id)
    if KINDS[kind].is_for_merchant and not Merchant.current().orders_email:
        return
    deliver(order, KINDS[kind], about, now=utc_now())


def order_of(order_id: int) -> Order:
    """The order a job is about. Raises Order.DoesNotExist."""
    order = ORDER.first(order=order_id)
    if order is None:
        raise Order.DoesNotExist(f"There is no order with the id {order_id}.")
    return order


def deliver(order: Order, kind: Kind, about: str = "", *, now: datetime) -> bool:
    """Send the mail; False when it was sent before. Raises what the mail backend raises: try again."""
    mail = recorded(order, kind, about, now)
    if mail.state == Mail.State.SENT:
        return False
    message = compose(order, kind, mail)
    for enclosure in enclosures(order, kind.name, matter_of(about), now=now):
        message.attach(*enclosure)
    durable()  # a mail cannot be taken back: what it says is on the disk first
    try:
        message.send()
    except OSError as error:  # SMTP errors and unreachable servers are OSErrors, all of them
        Mail.objects.filter(pk=mail.pk).update(state=Mail.State.FAILED, error=str(error))
        raise
    return mark_sent(order, kind, mail, now)


def resend(mail: Mail, n: int, *, recipient: str, actor: str, at: datetime) -> bool:
    """Send a mail again, for the `n`-th time; False when that was asked for before (a double click).

    Says what is true now: a receipt that is sent again has today's words.
    """
    order, matter = mail.order, matter_of(mail.about)
    with transaction.atomic():
        again, is_new = Mail.objects.get_or_create(
            order=order,
            kind=mail.kind,
            about=f"{matter}{AGAIN}{n}".strip(),
            defaults=_envelope(order, mail.kind, f"{matter}{AGAIN}{n}", recipient, at),
        )
        if is_new:
            told = f"{KINDS[mail.kind].title} is sent again, to {recipient}"
            timeline.record(order, "mail_again", told, actor=actor, at=at)
            outbox.put(send, order.pk, mail.kind, about=again.about)
    return is_new


def matter_of(about: str) -> str:
    """What a mail is about, whichever repetition it is."""
    return f" {about}".partition(AGAIN)[0].strip()


def recorded(order: Order, kind: Kind, about: str, now: datetime) -> Mail:
    """The mail's row, with its Message-ID, made at the first try."""
    known = RECORDED.first(order=order.pk, kind=kind.name, about=about)
    if known:
        return known
    envelope = _envelope(order, kind.name, about, recipient_of(order, kind, about), now)
    try:
        return Mail.objects.create(order=order, kind=kind.name, about=about, **envelope)
    except IntegrityError:  # another worker was faster
        return Mail.objects.get(order=order, kind=kind.name, about=about)


def recipient_of(order: Order, kind: Kind, about: str) -> str:
    """Whom a mail of this kind is for. Raises NobodyToTell."""
    if not kind.is_for_merchant:
        return matters.correspondent(order, kind, matter_of(about))
    address = Merchant.current().orders_email
    if not address:
        raise NobodyToTell
    return address


def compose(order: Order, kind: Kind, mail: Mail) -> EmailMultiAlternatives:
    """The message: text for everybody, HTML for those who like it."""
    merchant = Merchant.current()
    facts = matters.facts(order, kind, matter_of(mail.about), merchant)
    words, values = wording.words_of(kind), facts["values"]
    text = facts | {"kind": kind, "words": wording.as_text(words.body, values)}
    html = facts | {"kind": kind, "words": wording.as_html(words.body, values)}
    message = EmailMultiAlternatives(
        subject=wording.subject(words.subject, values),
        body=render_to_string("mail/message.txt", text),
        from_email=sender(merchant),
        to=[mail.recipient],
        reply_to=[order.email if kind.is_for_merchant else merchant.email],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("mail/message.html", html), "text/html")
    return message


def mark_sent(order: Order, kind: Kind, mail: Mail, now: datetime) -> bool:
    """Write down that it went out; False when another worker just did."""
    with transaction.atomic():
        waiting = Mail.objects.filter(pk=mail.pk).exclude(state=Mail.State.SENT)
        if not waiting.update(state=Mail.State.SENT, sent_at=now, error=""):
            return False
        told = f"{kind.title} sent to {mail.recipient}"
        timeline.record(order, "mail_sent", told, at=now, data={"mail": kind.name})
        return True


def _envelope(
    order: Order, kind: str, about: str, recipient: str, now: datetime
) -> dict[str, object]:
    return {
        "recipient": recipient,
        "message_id": message_id(order, kind, about),
        "created_at": now,
    }


def message_id(order: Order, kind: str, about: str) -> str:
    """The same for the same mail, whenever it is asked for; a matter's own name may be long."""
    matter = f".{hashlib.sha256(about.encode()).hexdigest()[:12]}" if about else ""
    return own_id(f"{order.public_id}.{kind}{matter}")


def own_id(name: str) -> str:
    """A Message-ID of this shop."""
    return f"<{name}@{urlsplit(settings.PUBLIC_URL).hostname}>"


def sender(merchant: Merchant) -> str:
    """Whom the shop's mails come from."""
    return formataddr((merchant.name, settings.DEFAULT_FROM_EMAIL))
