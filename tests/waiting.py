"""Tests wait for conditions, never for seconds."""

from collections.abc import Callable
from time import monotonic, sleep


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Return as soon as `condition` holds; AssertionError when it does not within `seconds`."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, f"still waiting for {condition} after {seconds} s"
        sleep(0.005)
