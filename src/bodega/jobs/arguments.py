"""What a task is given and what it returns: plain JSON, and not much of it.

No pickle: arguments cross deploys and are read by people. What JSON would change silently (a key that
is no string, NaN) is refused here, at the caller, and not found out in the worker.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django_tasks.utils import normalize_json

MAX_BYTES = 64 * 1024


class NotPlainData(TypeError):
    """A value that JSON cannot carry unchanged."""


class TooLarge(ValueError):
    """More data than a job may carry."""


def encode(task: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The arguments of a call of `task` as JSON text. Raises NotPlainData, TooLarge."""
    return dump({"args": list(args), "kwargs": dict(kwargs)}, f"The arguments of {task}")


def decode(text: str) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments. Unknown fields of a newer release are ignored."""
    found = json.loads(text)
    return found["args"], found["kwargs"]


def dump(value: Any, what: str) -> str:
    """`value` as JSON text of at most MAX_BYTES; `what` begins the sentence when it cannot be."""
    try:
        plain = normalize_json(value)
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise NotPlainData(
            f"{what} cannot be written as JSON: {error}. Pass ids and plain values "
            "(text, numbers, true and false, null, lists, objects)."
        ) from error
    if json.loads(text) != plain:
        raise NotPlainData(f"{what} would change in JSON: the keys of an object must be text.")
    size = len(text.encode())
    if size > MAX_BYTES:
        raise TooLarge(
            f"{what} take {size} bytes, the limit is {MAX_BYTES}. "
            "Keep the data in a row or a file and pass its id."
        )
    return text
