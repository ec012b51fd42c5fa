"""The task that does nothing: what is left is the queue."""

from django_tasks import task


@task
def nothing(number: int) -> None:
    """Nothing."""
