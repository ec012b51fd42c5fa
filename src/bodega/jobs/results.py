"""A job as Django's Tasks API shows it."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django_tasks.base import Task, TaskError, TaskResult, TaskResultStatus

from bodega.jobs.arguments import decode
from bodega.jobs.registry import find_task

if TYPE_CHECKING:
    from bodega.jobs.models import Job

STATUS = {
    "ready": TaskResultStatus.READY,
    "running": TaskResultStatus.RUNNING,
    "done": TaskResultStatus.SUCCESSFUL,
    "failed": TaskResultStatus.FAILED,
    "discarded": TaskResultStatus.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What has happened to a job so far."""

    state: str = "ready"
    started_at: datetime | None = None
    last_attempted_at: datetime | None = None
    finished_at: datetime | None = None
    worker_ids: list[str] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    return_value: Any = None


def result_of_row(row: "Job", backend: str) -> TaskResult[Any]:
    """The result of a stored job. Raises UnknownTask when this release does not have its task."""
    task = find_task(row.task).using(
        priority=row.priority, queue_name=row.queue_name, run_after=row.run_after
    )
    course = Course(
        state=row.state,
        started_at=row.started_at,
        last_attempted_at=row.last_attempted_at,
        finished_at=row.finished_at,
        worker_ids=row.worker_ids,
        errors=row.errors,
        return_value=row.return_value,
    )
    return result_of(
        task,
        key=row.key,
        arguments=json.dumps(row.arguments),
        enqueued_at=row.enqueued_at,
        backend=backend,
        course=course,
    )


def result_of(
    task: Task[..., Any],
    *,
    key: str,
    arguments: str,
    enqueued_at: datetime | None,
    backend: str,
    course: Course | None = None,
) -> TaskResult[Any]:
    """A result; without a course, of a job that was just enqueued."""
    course = course or Course()
    args, kwargs = decode(arguments)
    result: TaskResult[Any] = TaskResult(
        task=task,
        id=key,
        status=STATUS[course.state],
        enqueued_at=enqueued_at,
        started_at=course.started_at,
        last_attempted_at=course.last_attempted_at,
        finished_at=course.finished_at,
        args=args,
        kwargs=kwargs,
        backend=backend,
        errors=[
            TaskError(
                exception_class_path=error["exception_class_path"], traceback=error["traceback"]
            )
            for error in course.errors
        ],
        worker_ids=list(course.worker_ids),
    )
    # The way Django's own backends fill it: the field is no argument of the constructor.
    object.__setattr__(result, "_return_value", course.return_value)
    return result
