"""What the journal missed: a process was killed after a commit, and before the barrier wrote it down.

Nobody was told of such an event, so nothing that was promised is missing. But the row stays, somebody is
told later, and then the journal must know it: it is the witness if the row is lost. So every hour the
rows of the last days are held against it, and what it has no record of is appended.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django_tasks import task

from bodega.databases.durability import durable
from bodega.databases.journal_reading import Entry, read
from bodega.lib.clock import utc_now
from bodega.orders import journaling
from bodega.orders.models import Invoice, OrderEvent

SPAN = timedelta(days=7)  # so long there may be no worker
IN_FLIGHT = timedelta(minutes=1)  # younger ones may be in the memory of a process that lives

Key = tuple[str, str, str]  # order, event, when it happened


@task(priority=-50)
def complete_journal() -> int:
    """Write down what is missing; recurring, idempotent. Returns how many records that were."""
    return recall(now=utc_now())


def recall(*, now: datetime) -> int:
    """Append what the journal has no record of, of the time since it began; how many that were.

    Two at once would write a record twice, which is no harm. Raises OSError, CannotAcknowledge.
    """
    began, known = heard()
    if began is None:
        return 0
    since, until = max(began, now - SPAN), now - IN_FLIGHT
    missing = [each for each in happened(since, until) if key(each) not in known]
    for each in missing:
        journaling.journal().append(each)
    durable()
    return len(missing)


def heard() -> tuple[datetime | None, set[Key]]:
    """When the journal began, and what it knows."""
    began, known = None, set()
    for each in read(settings.JOURNAL_DIR, journaling.NAME):
        if isinstance(each, Entry):
            began = began or each.at
            known.add(key(each.data))
    return began, known


def key(record: dict[str, Any]) -> Key:
    """What makes a record that record: row ids are given again after a restore."""
    moment = datetime.fromisoformat(record["happened"]).astimezone(UTC)
    matter = f" {record['kind']} {record['about']}" if record["event"] == journaling.ISSUED else ""
    return record["order"], record["event"] + matter, moment.isoformat()


def happened(since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """Records of what the rows say happened in that time."""
    events = OrderEvent.objects.filter(kind__in=journaling.KINDS, at__gte=since, at__lt=until)
    for event in events.select_related("order").order_by("pk"):
        yield journaling.told(event.order, event)
    documents = Invoice.objects.filter(issued_at__gte=since, issued_at__lt=until)
    for document in documents.select_related("order").order_by("pk"):
        yield journaling.told_of(document.order, document)
