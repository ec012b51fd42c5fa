"""The Tasks API of Django on queue.sqlite3: `TASKS = {"default": {"BACKEND": "bodega.jobs.backend.…"}}`.

A job runs **at least once**: it is acknowledged after it ran, and a worker killed in between leaves it
to be run again. Inside a transaction of the queue file the job appears with its commit. What must
follow a commit of *another* file belongs into the outbox: files do not commit together.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.signals import task_enqueued

from bodega.jobs.arguments import encode
from bodega.jobs.insertion import NewJob, insert
from bodega.jobs.results import result_of
from bodega.lib.clock import utc_now


class SqliteBackend(BaseTaskBackend):
    """Jobs in a file. `QUEUES`: the queue names allowed; an empty list allows every name."""

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def enqueue(
        self, task: Task[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> TaskResult[Any]:
        """Store a call of `task`. Raises NotPlainData, TooLarge, InvalidTaskError."""
        self.validate_task(task)
        key, now = uuid4().hex, utc_now()
        text = encode(task.module_path, args, kwargs)
        job = NewJob(key, task.module_path, text, task.queue_name, task.priority, task.run_after)
        insert([job], now)
        result = result_of(task, key=key, arguments=text, enqueued_at=now, backend=self.alias)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """The job as it is now. Raises TaskResultDoesNotExist, also after retention took it."""
        from bodega.jobs.models import Job
        from bodega.jobs.results import result_of_row

        row = Job.objects.filter(key=result_id).first()
        if row is None:
            raise TaskResultDoesNotExist(result_id)
        return result_of_row(row, self.alias)
