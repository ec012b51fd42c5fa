"""From a dotted path to the task, in the release that is running."""

from importlib import import_module
from typing import Any

from django_tasks.base import Task


class UnknownTask(LookupError):
    """This release has no such task: perhaps a newer one enqueued it."""


def find_task(path: str) -> Task[..., Any]:
    """The task at "package.module.name". Raises UnknownTask, or what importing the module raises."""
    module_path, _, name = path.rpartition(".")
    try:
        module = import_module(module_path)
    except ModuleNotFoundError as error:
        if error.name and f"{module_path}.".startswith(f"{error.name}."):
            raise UnknownTask(f"there is no module {error.name} for the task {path}") from error
        raise
    except ValueError:
        raise UnknownTask(f"'{path}' is no dotted path of a task") from None
    found = getattr(module, name, None)
    if not isinstance(found, Task):
        raise UnknownTask(f"{module_path} has no task {name}")
    return found
