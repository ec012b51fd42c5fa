"""For tests: everything that would happen after the commit, here and now."""

from datetime import datetime

from bodega.jobs.running import Attempt
from bodega.jobs.testing import run_waiting
from bodega.lib.clock import utc_now
from bodega.outbox.relay import relay_batch


def drain(now: datetime | None = None, *, raising: bool = True) -> list[Attempt]:
    """Relay and run until nothing is left that is due at `now`; works inside a test's transaction.

    Needs both files: `pytest.mark.django_db(databases=["default", "queue"])`. Messages put with
    `after=` wait: hand in a later `now`. With `raising` an exception of a task comes out at once.
    """
    attempts: list[Attempt] = []
    while True:
        relayed = relay_batch(now or utc_now())
        ran = run_waiting(now, raising=raising)
        attempts += ran
        if not relayed and not ran:
            return attempts
