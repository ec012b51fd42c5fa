"""Writing a message into the caller's transaction."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django_tasks.base import Task

from bodega.databases.doorbell import ring
from bodega.jobs.arguments import encode
from bodega.lib.clock import utc_now

INSERT = """
INSERT INTO outbox_message
    (key, task, arguments, queue_name, priority, not_before, created_at, error)
VALUES (%s, %s, %s, %s, %s, %s, %s, '')
"""


class NoTransaction(RuntimeError):
    """A message that is about nothing: there is no transaction it could commit with."""


def put(
    task: Task[..., Any], *args: Any, after: datetime | timedelta | None = None, **kwargs: Any
) -> str:
    """Have `task` run after the commit of the caller's transaction; never, when that rolls back.

    The task runs **at least once**, so it must bear being run again; messages become jobs in the order
    of their commits. `after`: not before this time (or this long from now); default: the task's own
    `run_after`. Returns the id under which `task.get_result` will find the job.
    Raises NoTransaction outside `transaction.atomic()`, NotPlainData and TooLarge for arguments
    that are no small plain JSON.
    """
    if not connection.in_atomic_block:
        raise NoTransaction(
            f"outbox.put({task.module_path}) was called outside a transaction, so the message could not "
            "commit together with what it is about. Write both inside one transaction.atomic()."
        )
    key, now = uuid4().hex, utc_now()
    not_before = now + after if isinstance(after, timedelta) else after or task.run_after
    values = (
        *(key, task.module_path, encode(task.module_path, args, kwargs)),
        *(task.queue_name, task.priority),
        connection.ops.adapt_datetimefield_value(not_before),
        connection.ops.adapt_datetimefield_value(now),
    )
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
    # Robust: a bell that does not ring costs the relay a moment, an error would deny the commit.
    transaction.on_commit(lambda: ring("primary"), robust=True)
    return key
