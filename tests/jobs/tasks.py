"""Tasks the tests enqueue; worker processes of the tests import them too."""

from django_tasks import TaskContext, task

from bodega.jobs.retries import retrying

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
def leave(code: int) -> None:
    raise SystemExit(code)


@task
def answer_with_a_set() -> set[int]:
    return {1}
