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
VALUES
"""
Errand = tuple[Task[..., Any], tuple[Any, ...]]  # a task and its arguments
ROW = "(%s, %s, %s, %s, %s, %s, %s, '')"


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
    now = utc_now()
    not_before = now + after if isinstance(after, timedelta) else after or task.run_after
    values = _values(task, args, kwargs, not_before, now)
    _insert([values], task.module_path)
    return str(values[0])


def put_all(*errands: Errand) -> list[str]:
    """`put` for several tasks with their arguments, in one statement: `put_all((mail, (7,)), …)`."""
    now = utc_now()
    rows = [_values(task, args, {}, task.run_after, now) for task, args in errands]
    _insert(rows, ", ".join(task.module_path for task, _ in errands))
    return [str(row[0]) for row in rows]


def _values(
    task: Task[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    not_before: datetime | None,
    now: datetime,
) -> tuple[Any, ...]:
    """The columns of a message; its key first."""
    return (
        *(uuid4().hex, task.module_path, encode(task.module_path, args, kwargs)),
        *(task.queue_name, task.priority),
        connection.ops.adapt_datetimefield_value(not_before),
        connection.ops.adapt_datetimefield_value(now),
    )


def _insert(rows: list[tuple[Any, ...]], named: str) -> None:
    if not connection.in_atomic_block:
        raise NoTransaction(
            f"outbox.put({named}) was called outside a transaction, so the message could not "
            "commit together with what it is about. Write both inside one transaction.atomic()."
        )
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT + ", ".join([ROW] * len(rows)), [each for row in rows for each in row]
        )
    # Robust: a bell that does not ring costs the relay a moment, an error would deny the commit.
    transaction.on_commit(lambda: ring("primary"), robust=True)
