"""Mails about an order: one of each kind, however often it is asked for.

Recorded, sent, recorded. The Message-ID is fixed before the first try, so that a crash between sending
and writing that down repeats the same message, which mail systems recognise, not a second one.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django_tasks import task

from bodega.databases.durability import durable
from bodega.jobs.retries import retrying
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import timeline
from bodega.orders.models import Mail, Order, OrderAddress


@dataclass(frozen=True)
class Kind:
    """A kind of mail: templates `mail/<name>.txt` and `.html`, subject with {number} and {shop}."""

    name: str
    subject: str
    told: str


KINDS = {
    kind.name: kind
    for kind in [Kind("receipt", "Your order {number} at {shop}", "Receipt sent to {recipient}")]
}


@task
@retrying(attempts=30, longest=1800)  # half a day without a mail server
def send(order_id: int, kind: str) -> None:
    """Send the order's mail of this kind unless it went out already. At least once, idempotent."""
    deliver(Order.objects.get(pk=order_id), KINDS[kind], now=utc_now())


def deliver(order: Order, kind: Kind, *, now: datetime) -> bool:
    """Send the mail; False when it was sent before. Raises what the mail backend raises: try again."""
    mail = recorded(order, kind, now)
    if mail.state == Mail.State.SENT:
        return False
    message = compose(order, kind, mail)
    durable()  # a mail cannot be taken back: what it says is on the disk first
    try:
        message.send()
    except OSError as error:  # SMTP errors and unreachable servers are OSErrors, all of them
        Mail.objects.filter(pk=mail.pk).update(state=Mail.State.FAILED, error=str(error))
        raise
    return mark_sent(order, kind, mail, now)


def recorded(order: Order, kind: Kind, now: datetime) -> Mail:
    """The mail's row, with its Message-ID, made at the first try."""
    host = urlsplit(settings.PUBLIC_URL).hostname
    mail, _ = Mail.objects.get_or_create(
        order=order,
        kind=kind.name,
        defaults={
            "recipient": order.email,
            "message_id": f"<{order.public_id}.{kind.name}@{host}>",
            "created_at": now,
        },
    )
    return mail


def compose(order: Order, kind: Kind, mail: Mail) -> EmailMultiAlternatives:
    """The message: text for everybody, HTML for those who like it."""
    merchant = Merchant.current()
    about = context(order, merchant)
    message = EmailMultiAlternatives(
        subject=kind.subject.format(number=order.number, shop=merchant.name),
        body=render_to_string(f"mail/{kind.name}.txt", about),
        from_email=formataddr((merchant.name, settings.DEFAULT_FROM_EMAIL)),
        to=[mail.recipient],
        reply_to=[merchant.email],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"mail/{kind.name}.html", about), "text/html")
    return message


def context(order: Order, merchant: Merchant) -> dict[str, Any]:
    """What the templates know."""
    shipping = order.addresses.filter(kind=OrderAddress.Kind.SHIPPING).first()
    return {
        "order": order,
        "shop": merchant,
        "lines": list(order.lines.all()),
        "shipping_address": shipping,
        "link": settings.PUBLIC_URL + order.get_absolute_url(),
    }


def mark_sent(order: Order, kind: Kind, mail: Mail, now: datetime) -> bool:
    """Write down that it went out; False when another worker just did."""
    with transaction.atomic():
        waiting = Mail.objects.filter(pk=mail.pk).exclude(state=Mail.State.SENT)
        if not waiting.update(state=Mail.State.SENT, sent_at=now, error=""):
            return False
        told = kind.told.format(recipient=mail.recipient)
        timeline.record(order, "mail_sent", told, at=now, data={"mail": kind.name})
        return True
