"""Retention: what is over is kept for a while, then deleted in small batches."""

from datetime import datetime, timedelta

from django_tasks import task

from bodega.jobs.handle import queue, stamp
from bodega.lib.clock import utc_now

KEEP_DONE = timedelta(days=3)
KEEP_FAILED = timedelta(days=90)  # somebody should have retried or discarded them long before
BATCH = 500  # rows a statement: a few milliseconds of the write lock

DELETE = """
DELETE FROM jobs_job WHERE id IN (
    SELECT id FROM jobs_job WHERE state = ? AND finished_at < ? LIMIT ?)
"""


@task(priority=-50)
def clean_jobs() -> int:
    """Delete what is older than its retention; runs by itself, returns how many rows."""
    return clean(utc_now())


def clean(now: datetime) -> int:
    """Delete done and discarded jobs after KEEP_DONE, failed ones after KEEP_FAILED; how many."""
    keep = {"done": KEEP_DONE, "discarded": KEEP_DONE, "failed": KEEP_FAILED}
    return sum(_delete(state, now - period) for state, period in keep.items())


def _delete(state: str, before: datetime) -> int:
    total = 0
    while deleted := queue().execute(DELETE, (state, stamp(before), BATCH)).rowcount:
        total += deleted
    return total
