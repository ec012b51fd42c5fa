"""Who is at work on this thread: the name that waits, logs and errors mention.

A door sets it around a request ("view checkout.place"), a worker around a job; everything else goes by
the name of its thread.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_name: ContextVar[str] = ContextVar("acting_as", default="")


def actor() -> str:
    """Who works on this thread now."""
    return _name.get() or f"thread {threading.current_thread().name}"


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Give what is done inside the block a name: "job bodega.orders.mails.send"."""
    token = _name.set(name)
    try:
        yield
    finally:
        _name.reset(token)


def rename(name: str) -> None:
    """A better name has become known inside `acting_as`; it ends with that block.

    Outside of one nothing happens: the name would stay with the thread for ever.
    """
    if _name.get():
        _name.set(name)
