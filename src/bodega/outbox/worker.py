"""The shop's worker process: jobs, and beside them the relay and the scheduler."""

import threading
from collections.abc import Sequence

from bodega.databases import keeper, watchdog
from bodega.jobs import recurring
from bodega.jobs import worker as jobs
from bodega.jobs.worker import Turn
from bodega.outbox import relay


def run_worker(
    stop: threading.Event,
    *,
    threads: int = 2,
    queues: Sequence[str] = (),
    cut: threading.Event | None = None,
    grace: float = 20.0,
    on_turn: Turn | None = None,
) -> int:
    """Work until `stop` is set; returns how many running jobs were abandoned (see `jobs.worker`).

    Any number of these processes may run at once: relay and scheduler are each held by one of them, and
    another takes over in the moment it ends.
    """
    return jobs.run_worker(
        stop,
        threads=threads,
        queues=queues,
        companions=[relay.run, recurring.run, keeper.run, watchdog.run],
        cut=cut,
        grace=grace,
        on_turn=on_turn,
    )
