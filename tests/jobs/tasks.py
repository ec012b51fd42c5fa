"""Tasks the tests enqueue; worker processes of the tests import them too."""

import os
import signal
from pathlib import Path

from django.db import transaction
from django_tasks import TaskContext, task

from bodega.jobs.retries import retrying
from tests.waiting import until

DONE: list[object] = []  # what ran in this process; tests clear it


@task
def note(value: object, *, twice: bool = False) -> str:
    DONE.extend([value, value] if twice else [value])
    return f"noted {value}"


@task
async def note_later(value: object) -> None:
    DONE.append(value)


@task(takes_context=True)
def count(context: TaskContext) -> int:
    return context.attempt


@task
@retrying(attempts=3, first=10, longest=15)
def burn(reason: str) -> None:
    DONE.append(reason)
    raise ValueError(reason)


@task
@retrying(attempts=1)
def leave(code: int) -> None:
    raise SystemExit(code)


@task
def answer_with_a_set() -> set[int]:
    return {1}


@task
def forget_a_transaction() -> None:
    transaction.atomic(using="queue").__enter__()


@task
def tick() -> None:
    DONE.append("tick")


@task
def write_down(book: str, word: str) -> None:
    """One line in a file, in one write: many processes may share it."""
    descriptor = os.open(book, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{word} {os.getpid()}\n".encode())
    os.close(descriptor)


@task
def hold(book: str) -> None:
    """Say "start", wait until a file beside the book says go, say "end"."""
    write_down.func(book, "start")
    until(Path(f"{book}.go").exists, seconds=30)
    write_down.func(book, "end")


@task
def die(book: str) -> None:
    """Take the whole worker along."""
    write_down.func(book, "dies")
    os.kill(os.getpid(), signal.SIGKILL)
