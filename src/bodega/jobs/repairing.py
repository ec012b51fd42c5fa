"""What a person may do about a job that did not go well."""

from collections.abc import Collection
from datetime import datetime

from bodega.jobs.handle import ring_on_commit
from bodega.jobs.models import Job

State = Job.State


def retry(ids: Collection[int], now: datetime) -> int:
    """Run failed and discarded jobs again, with all their attempts; how many that were.

    Their errors stay readable. A job in any other state is not touched.
    """
    over = Job.objects.filter(pk__in=ids, state__in=[State.FAILED, State.DISCARDED])
    count = over.update(state=State.READY, run_after=now, finished_at=None, failures=0, crashes=0)
    if count:
        ring_on_commit()
    return count


def discard(ids: Collection[int], now: datetime) -> int:
    """Give failed and waiting jobs up: they stay to be seen until retention; how many that were.

    A running job is not touched: its worker would not hear of it.
    """
    idle = Job.objects.filter(pk__in=ids, state__in=[State.FAILED, State.READY])
    return idle.update(state=State.DISCARDED, finished_at=now)
