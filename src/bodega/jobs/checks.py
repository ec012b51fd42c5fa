"""`manage check`: every line of settings.RECURRING names a task and a period."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from bodega.jobs.registry import UnknownTask, find_task


def recurring_lines(**_: Any) -> list[CheckMessage]:
    """One error for each line that could never run."""
    found: list[CheckMessage] = []
    for path, seconds in getattr(settings, "RECURRING", []):
        if seconds < 1:
            found.append(Error(f"RECURRING: {path} every {seconds} s", id="jobs.E001"))
        try:
            find_task(path)
        except UnknownTask as error:
            hint = "The line needs the dotted path of a @task that takes no arguments."
            found.append(Error(f"RECURRING: {error}", hint=hint, id="jobs.E002"))
    return found
