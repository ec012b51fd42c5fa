"""Putting a job into the queue; a second job of the same key is no job at all.

Who promises somebody that the job will run calls `databases.durability.durable` after the commit; the
web bridge, the relay and the worker do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from bodega.jobs.handle import queue, ring_on_commit, stamp

INSERT = """
INSERT INTO jobs_job (key, task, arguments, queue_name, priority, run_after, enqueued_at, release,
                      state, attempts, failures, crashes, worker_ids, errors)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'ready', 0, 0, 0, '[]', '[]')
ON CONFLICT (key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class NewJob:
    """What an inserter knows. `arguments` is text made by `arguments.encode`."""

    key: str
    task: str
    arguments: str
    queue_name: str = "default"
    priority: int = 0
    run_after: datetime | None = None


def insert(jobs: Iterable[NewJob], now: datetime) -> int:
    """Insert those whose key is not there yet; how many that were. All or none in a transaction.

    A key is remembered as long as its job's row: a finished job's is given up with retention.
    """
    release = getattr(settings, "RELEASE", "")
    connection = queue()
    inserted = 0
    for job in jobs:
        values = (
            *(job.key, job.task, job.arguments, job.queue_name, job.priority),
            *(stamp(job.run_after or now), stamp(now), release),
        )
        inserted += connection.execute(INSERT, values).rowcount
    if inserted:
        ring_on_commit()
    return inserted
