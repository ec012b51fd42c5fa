"""What happens by itself: the scheduler enqueues each line of `settings.RECURRING` once per tick.

A tick is a number, the time divided by the line's seconds, and part of the job's key. So a tick becomes
one job over any number of schedulers and restarts. Of ticks missed while no worker ran only the
current one is made up for; while a line's last job is not over, its ticks are passed over.
"""

import logging
import threading
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import connections

from bodega.databases.leases import Lease
from bodega.databases.naming import acting_as
from bodega.jobs.arguments import encode
from bodega.jobs.handle import QUEUE_ERRORS, queue
from bodega.jobs.insertion import NewJob, insert
from bodega.jobs.registry import UnknownTask, find_task
from bodega.lib.clock import utc_now

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5

Line = tuple[str, int]  # dotted path of a task without arguments, seconds between two ticks


def run(stop: threading.Event) -> None:
    """Schedule until `stop` is set, while holding the lease; without it, wait for it."""
    lease = Lease("scheduler")
    ticked: set[str] = set()
    try:
        with acting_as("scheduler"):
            while not stop.is_set():
                if lease.acquire():
                    ticked = _tick_once(ticked)
                stop.wait(LOOK_SECONDS)
    finally:
        lease.release()
        connections.close_all()


def _tick_once(ticked: set[str]) -> set[str]:
    """Do what is new since the last look, so that looking costs nothing between ticks."""
    now = utc_now()
    due = {key_of(line, now): line for line in settings.RECURRING}
    fresh = due.keys() - ticked
    if fresh:
        try:
            tick([due[key] for key in fresh], now)
        except QUEUE_ERRORS:
            log.exception("The queue cannot be used; the scheduler tries again in a moment.")
            return ticked
    return set(due)


def tick(lines: Iterable[Line], now: datetime) -> int:
    """Enqueue the current tick of every line that is not waiting or running still; how many."""
    jobs = []
    for line in lines:
        try:
            job = job_of(line, now)
        except UnknownTask:  # must not stop the other lines
            log.exception("A line of settings.RECURRING cannot run: %s", line[0])
        else:
            if not is_unfinished(line[0]):
                jobs.append(job)
    return insert(jobs, now)


def job_of(line: Line, now: datetime) -> NewJob:
    """The job of the tick that `now` falls into. Raises UnknownTask."""
    path, task = line[0], find_task(line[0])
    return NewJob(key_of(line, now), path, encode(path, (), {}), task.queue_name, task.priority)


def is_unfinished(task: str) -> bool:
    """Whether an earlier tick of the task has not ended yet."""
    sql = """
        SELECT 1 FROM jobs_job
        WHERE state IN ('ready', 'running') AND task = ? AND key LIKE 'tick %' LIMIT 1
    """
    return queue().execute(sql, (task,)).fetchone() is not None


def key_of(line: Line, now: datetime) -> str:
    """The key of the tick that `now` falls into."""
    task, seconds = line
    return f"tick {int(now.timestamp()) // seconds} {task}"
