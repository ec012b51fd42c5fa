"""Running one claimed job, and saying in the queue what became of it."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from random import random as system_random
from typing import Any

from django_tasks.base import Task, TaskContext, TaskResult
from django_tasks.signals import task_finished, task_started
from django_tasks.utils import get_exception_traceback, get_module_path

from bodega.jobs import claim
from bodega.jobs.arguments import NotPlainData, TooLarge, dump
from bodega.jobs.claim import Claimed
from bodega.jobs.registry import UnknownTask, find_task
from bodega.jobs.results import STATUS, Course, result_of
from bodega.jobs.retries import Random, policy_of

log = logging.getLogger(__name__)
TRACEBACK_CHARACTERS = 8_000
HOPELESS = (NotPlainData, TooLarge)  # the next attempt would end the same way


class Ending(Enum):
    """What the queue says about an attempt."""

    DONE = "done"
    FAILED = "failed"
    POSTPONED = "ready"
    UNKNOWN = "unknown"
    LOST = "lost"  # somebody else has the job by now; nothing was recorded


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claimed job that was run, or could not even be started: `result` is None then."""

    job: Claimed
    result: TaskResult[Any] | None
    value: str = "null"
    error: BaseException | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether this release does not have the task: no failure, another release may have it."""
        return self.result is None and isinstance(self.error, UnknownTask)


def perform(job: Claimed) -> Attempt:
    """Call the task, whatever it does. Writes nothing: that is `record`'s part."""
    result = None
    try:
        task = find_task(job.task)
        result = _running_result(job, task)
        task_started.send_robust(type(task.get_backend()), task_result=result)
        return Attempt(job, result, value=_call(task, result))
    except KeyboardInterrupt:
        raise
    # A task is foreign code: even its SystemExit must be recorded and must not end the worker.
    except BaseException as error:  # noqa: BLE001 - foreign code; recorded on the job
        return Attempt(job, result, error=error)


def record(attempt: Attempt, now: datetime, random: Random = system_random) -> Ending:
    """Write the ending behind the claim's fence: once, by whoever holds the job now.

    Raises sqlite3.Error when the queue cannot be written; say it again then, the job was run.
    """
    if attempt.is_unknown:
        ending = _leave(attempt)
    elif attempt.error is None:
        ending = Ending.DONE if claim.finish(attempt.job, attempt.value, now) else Ending.LOST
    else:
        ending = _record_error(attempt, attempt.error, now, random)
    if ending is Ending.LOST:
        log.warning(
            "Job %s was taken over by another worker while %s ran it; its ending is not recorded.",
            *(attempt.job.key, attempt.job.owner),
        )
    elif attempt.result is not None:  # Django's signals tell of results only
        _announce(attempt, attempt.result, ending, now)
    return ending


def _running_result(job: Claimed, task: Task[..., Any]) -> TaskResult[Any]:
    course = Course(
        state="running",
        started_at=job.started_at,
        last_attempted_at=job.claimed_at,
        worker_ids=json.loads(job.worker_ids),
        errors=json.loads(job.errors),
    )
    return result_of(
        task,
        key=job.key,
        arguments=job.arguments,
        enqueued_at=job.enqueued_at,
        backend=task.backend,
        course=course,
    )


def _call(task: Task[..., Any], result: TaskResult[Any]) -> str:
    args = result.args
    if task.takes_context:
        args = [TaskContext(task_result=result), *args]
    return dump(task.call(*args, **result.kwargs), f"What {task.module_path} returned")


def _leave(attempt: Attempt) -> Ending:
    log.warning(
        "Job %s waits for a newer release; this one does not have its task: %s",
        *(attempt.job.key, attempt.error),
    )
    return Ending.UNKNOWN if claim.give_back(attempt.job) else Ending.LOST


def _record_error(attempt: Attempt, error: BaseException, now: datetime, random: Random) -> Ending:
    job = attempt.job
    entry = {
        "exception_class_path": get_module_path(type(error)),
        "traceback": get_exception_traceback(error)[-TRACEBACK_CHARACTERS:],
    }
    wait = policy_of(job.task).delay(job.failures + 1, random)
    if wait is None or isinstance(error, HOPELESS):
        return Ending.FAILED if claim.fail(job, entry, now) else Ending.LOST
    if not claim.postpone(job, entry, now + wait):
        return Ending.LOST
    log.warning(
        "Job %s (%s) failed, attempt %d; again in %.1f s.",
        *(job.key, job.task, job.attempts, wait.total_seconds()),
        exc_info=error,
    )
    return Ending.POSTPONED


def _announce(attempt: Attempt, result: TaskResult[Any], ending: Ending, now: datetime) -> None:
    object.__setattr__(result, "status", STATUS[ending.value])
    if ending is Ending.POSTPONED:
        return
    object.__setattr__(result, "finished_at", now)
    object.__setattr__(result, "_return_value", json.loads(attempt.value))
    try:
        # The signal's own receiver logs "the exception being handled": let it be that.
        if attempt.error is not None:
            raise attempt.error
    except BaseException:  # noqa: BLE001 - raised two lines above, to be logged
        task_finished.send_robust(type(result.task.get_backend()), task_result=result)
    else:
        task_finished.send_robust(type(result.task.get_backend()), task_result=result)
