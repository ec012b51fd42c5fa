"""Forgetting old messages: a recurring task, never a part of a publish."""

import time

from django_tasks import task

from bodega.cable.messages import messages_in

KEEP_SECONDS = 15 * 60  # a browser that was away longer is told to read the page again
KEEP_MESSAGES = 50_000
BATCH = 500  # rows per transaction: a publisher waits for one batch at most


def trim(*, now: float | None = None) -> int:
    """Delete what is older than 15 minutes or beyond 50,000 messages; how many were deleted."""
    messages, deleted = messages_in(), 0
    than = (time.time() if now is None else now) - KEEP_SECONDS
    while found := messages.delete_older(than, BATCH):
        deleted += found
    while found := messages.delete_beyond(KEEP_MESSAGES, BATCH):
        deleted += found
    return deleted


@task()
def forget_old_messages() -> int:
    """The recurring task (each minute is plenty): at least once, harmless when repeated."""
    return trim()
