"""For tests: run the waiting jobs here and now, without a worker."""

from datetime import datetime

from bodega.jobs import claim, running
from bodega.jobs.running import Attempt, Ending
from bodega.lib.clock import utc_now

MOST_ROUNDS = 1_000


def run_waiting(now: datetime | None = None, *, raising: bool = True) -> list[Attempt]:
    """Run what is due at `now` (default: the current time) and what that enqueues, in a worker's order.

    Endings are recorded as a worker would. `raising`: an exception of a task comes out at once (its job
    is postponed or failed by then); otherwise it is in the attempts that are returned. A task that
    cannot be found always raises.
    """
    attempts: list[Attempt] = []
    for _ in range(MOST_ROUNDS):
        jobs = claim.claim("tests", 1, now or utc_now())
        if not jobs:
            return attempts
        attempt = running.perform(jobs[0])
        ending = running.record(attempt, now or utc_now())
        attempts.append(attempt)
        if attempt.error is not None and (raising or ending is Ending.UNKNOWN):
            raise attempt.error
    raise RuntimeError(f"{MOST_ROUNDS} jobs ran and there are still more: does one enqueue itself?")
