"""Processes as the kernel knows them."""

import contextlib
import os
import signal
from pathlib import Path


def children(pid: int) -> list[int]:
    """Of one process; none once it is gone."""
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def family(pid: int) -> list[int]:
    """A process and everybody who descends from it."""
    return [pid, *(each for child in children(pid) for each in family(child))]


def kill_family(pid: int) -> None:
    """SIGKILL for all of them in one go: nobody is left to drain."""
    for each in family(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
