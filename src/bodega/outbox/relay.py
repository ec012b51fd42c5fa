"""The relay moves messages from the outbox into the queue: at least once, in the order of their commits.

Insert, keyed by the message → the queue is durable → mark dispatched. A relay that dies in between
inserts again, and the key makes that no second job. It selects "not yet dispatched", never "id greater
than my cursor": on PostgreSQL a smaller id can commit later (design 4.2).
"""

import json
import logging
import threading
from datetime import datetime

from django.db import connections, transaction
from django.db.models import QuerySet

from bodega.databases.doorbell import Waiter
from bodega.databases.durability import durable
from bodega.databases.leases import Lease
from bodega.databases.naming import acting_as
from bodega.databases.prepared import Prepared
from bodega.jobs.handle import ALIAS, QUEUE_ERRORS
from bodega.jobs.insertion import NewJob, insert
from bodega.lib.clock import utc_now
from bodega.outbox.models import Message

log = logging.getLogger(__name__)

BATCH = 100
LOOK_SECONDS = 0.5
# After a batch the next one may gather: what comes in these moments shares its barriers and statements.
GATHER_SECONDS = 0.05


class BrokenMessage(ValueError):
    """A row that no release can turn into a job."""


def oldest() -> "QuerySet[Message]":
    """The next messages to be dispatched."""
    return Message.objects.filter(dispatched_at=None, error="").order_by("id")[:BATCH]


WAITING = Prepared(oldest)


def run(stop: threading.Event) -> None:
    """Relay until `stop` is set, while holding the lease; without it, wait for it."""
    lease = Lease("relay")
    try:
        with Waiter("primary") as bell, acting_as("relay"):
            while not stop.is_set():
                if lease.acquire() and _relay_everything():
                    stop.wait(GATHER_SECONDS)
                else:
                    bell.wait(LOOK_SECONDS)
    finally:
        lease.release()
        connections.close_all()


def _relay_everything() -> bool:
    """Whether there was anything; False also when it cannot be relayed."""
    found = False
    try:
        while relayed := relay_batch(utc_now()):
            found = True
            if relayed < BATCH:
                break
    except QUEUE_ERRORS:
        # Nothing was marked that is not in the queue; the next look goes on where this one ended.
        log.exception("The outbox cannot be relayed at the moment; trying again.")
        return False
    return found


def relay_batch(now: datetime) -> int:
    """Dispatch the oldest waiting messages; how many rows were dealt with. 0: the outbox is empty."""
    waiting = WAITING.rows()
    if not waiting:
        return 0
    jobs = []
    for message in waiting:
        try:
            jobs.append(job_for(message))
        except BrokenMessage as error:
            log.error("Message %s cannot become a job and is passed over: %s", message.pk, error)
            Message.objects.filter(pk=message.pk).update(error=str(error))
    if jobs:
        dispatch(jobs, now)
    return len(waiting)


def dispatch(jobs: list[NewJob], now: datetime) -> None:
    """Insert into the queue, then mark: in this order, each in a transaction of its own file.

    Each step is durable before the next relies on it. Otherwise a power cut could leave a job for an
    order that does not exist, or a message marked whose job is gone. Raises CannotAcknowledge.
    """
    durable("primary")
    with transaction.atomic(using=ALIAS):
        insert(jobs, now)
    durable("queue")
    mark([job.key for job in jobs], now)


def mark(keys: list[str], now: datetime) -> int:
    """Note that these messages are in the queue; how many were not marked yet."""
    waiting = Message.objects.filter(key__in=keys, dispatched_at=None)
    return waiting.update(dispatched_at=now)


def job_for(message: Message) -> NewJob:
    """The job of a message. Whether its task exists is the worker's question: a newer one may have it.

    Raises BrokenMessage when the row is not what `put` writes.
    """
    match message.arguments:
        case {"args": list(), "kwargs": dict()}:
            text = json.dumps(message.arguments, ensure_ascii=False, separators=(",", ":"))
        case _:
            raise BrokenMessage('the arguments are not {"args": […], "kwargs": {…}}')
    if "." not in message.task:
        raise BrokenMessage(f"'{message.task}' is no dotted path of a task")
    return NewJob(
        message.key,
        message.task,
        text,
        message.queue_name,
        message.priority,
        message.not_before,
    )
