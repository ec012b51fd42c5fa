"""From a dotted path to the task, in the release that is running."""

from importlib import import_module
from typing import Any

from django_tasks.base import Task


class UnknownTask(LookupError):
    """This release has no such task, or cannot import it: perhaps a newer one enqueued it."""


def find_task(path: str) -> Task[..., Any]:
    """The task at "package.module.name". Raises UnknownTask, caused by what the import raised."""
    module_path, _, name = path.rpartition(".")
    try:
        module = import_module(module_path)
    except Exception as error:  # importing runs the module, and that may raise anything
        raise UnknownTask(f"{path} cannot be imported: {error}") from error
    found = getattr(module, name, None)
    if not isinstance(found, Task):
        raise UnknownTask(f"{module_path} has no task {name}")
    return found
