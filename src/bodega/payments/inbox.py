"""Stripe's events: stored verbatim before they are answered, applied afterwards by a job.

At least once and in any order: applying an event means asking Stripe how things stand now.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import IntegerField
from django_tasks import task

from bodega import outbox
from bodega.databases.prepared import Parameter, Prepared
from bodega.jobs.retries import retrying
from bodega.lib.clock import utc_now
from bodega.payments import applying, stripe
from bodega.payments.models import WebhookEvent

LONGEST_OUTCOME = 200
STORED = Prepared(lambda: WebhookEvent.objects.filter(pk=Parameter("event", IntegerField())))


class NotAnEvent(ValueError):
    """The body is signed, but it is no event this shop can take; the message says why."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What the shop reads of an event before it stores it."""

    event_id: str
    type: str
    object_id: str
    livemode: bool


def receive(body: bytes, *, now: datetime) -> bool:
    """Store a verified event together with the note to apply it; False when it was there already.

    Most events are about what the customer's own return has settled: those are done with at once.

    Raises NotAnEvent, and whatever the database raises: then Stripe must not be told "received".
    """
    told = read(body)
    if told.livemode != stripe.livemode():
        mine, theirs = ("live" if mode else "test" for mode in (stripe.livemode(), told.livemode))
        raise NotAnEvent(f"this shop is in {mine} mode, the event in {theirs} mode")
    outcome = applying.foregone(told.type, told.object_id)
    event = WebhookEvent(
        event_id=told.event_id,
        type=told.type,
        object_id=told.object_id,
        livemode=told.livemode,
        payload=body.decode(),
        received_at=now,
        processed_at=now if outcome else None,
        outcome=outcome[:LONGEST_OUTCOME],
    )
    try:
        with transaction.atomic():
            event.save(force_insert=True)
            if not outcome:
                outbox.put(process, event.pk)
    except IntegrityError:
        if not WebhookEvent.objects.filter(event_id=told.event_id).exists():
            raise
        return False
    return True


def read(body: bytes) -> Notification:
    """The envelope of an event's JSON. Raises NotAnEvent."""
    try:
        told = json.loads(body)
        about = told["data"]["object"]
        found = Notification(
            told["id"], told["type"], about.get("id") or "", bool(told["livemode"])
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotAnEvent("the body is not a Stripe event") from None
    limits = ((found.event_id, 80), (found.type, 80), (found.object_id, 120))
    if not all(isinstance(text, str) and len(text) <= longest for text, longest in limits):
        raise NotAnEvent("the event's ids are not as Stripe writes them")
    return found


@task
@retrying(attempts=30, longest=1800)  # half a day without Stripe
def process(event_pk: int) -> None:
    """Apply one stored event. At least once, idempotent; Stripe unreachable: tried again."""
    event = STORED.first(event=event_pk)
    if event is None:
        raise WebhookEvent.DoesNotExist(f"There is no event with the id {event_pk}.")
    if event.processed_at is None:
        outcome = applying.apply(event, now=utc_now())[:LONGEST_OUTCOME]
        WebhookEvent.objects.filter(pk=event_pk).update(processed_at=utc_now(), outcome=outcome)
