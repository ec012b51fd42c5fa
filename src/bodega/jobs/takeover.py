"""Taking over the jobs of workers that died."""

import logging
from datetime import datetime

from django_tasks.utils import get_module_path

from bodega.jobs import claim
from bodega.jobs.liveness import WorkerDied, bury, is_alive

log = logging.getLogger(__name__)


def take_over_from_the_dead(me: str, now: datetime) -> int:
    """Make the jobs of every dead worker but `me` ready again; how many jobs that were.

    Any worker may do this at any time, several at once too: the update is guarded by the owner. Row and
    lock file go last, so a takeover that is itself interrupted is found again.
    """
    jobs = 0
    for worker in sorted(claim.owners() - {me}):
        if is_alive(worker):
            continue
        taken = claim.take_over(worker, _error(worker), now)
        for task, state in taken:
            log.warning("%s died while running %s: the job is %s now.", worker, task, state)
        _forget(worker)
        jobs += len(taken)
    return jobs


def _error(worker: str) -> dict[str, str]:
    sentence = f"{worker} died while it ran the job: killed, out of memory, or a power cut.\n"
    return {"exception_class_path": get_module_path(WorkerDied), "traceback": sentence}


def _forget(worker: str) -> None:
    from bodega.jobs.models import Worker

    Worker.objects.filter(pk=worker).delete()
    bury(worker)
