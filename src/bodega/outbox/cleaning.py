"""Dispatched messages are kept for a week, for whoever wants to know what was sent; then deleted."""

from datetime import datetime, timedelta

from django_tasks import task

from bodega.lib.clock import utc_now
from bodega.outbox.models import Message

KEEP = timedelta(days=7)
BATCH = 500  # rows a transaction: the shop must not wait for the cleaning


@task(priority=-50)
def clean_messages() -> int:
    """Delete what was dispatched long ago; runs by itself, returns how many rows."""
    return clean(utc_now())


def clean(now: datetime) -> int:
    """Delete messages dispatched more than KEEP ago, a batch a transaction; how many."""
    total = 0
    old = Message.objects.filter(dispatched_at__lt=now - KEEP).order_by("dispatched_at")
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        total += Message.objects.filter(pk__in=keys).delete()[0]
    return total
