"""Who works on what: claiming, acknowledging, giving back, taking over. All SQLite of the queue is here.

A claim is one guarded UPDATE … RETURNING; its fence is (owner, attempts). Every later word about the job
carries the fence, so a worker that was thought dead, and whose job somebody else has by now, changes
nothing any more.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from bodega.jobs.handle import moment, queue, ring_on_commit, stamp

ERRORS_KEPT = 5
CRASHES_ALLOWED = 5
SECOND_CRASH_WAIT = timedelta(seconds=10)

COLUMNS = (
    "id, key, task, arguments, queue_name, priority, run_after, enqueued_at, started_at, "
    "last_attempted_at, owner, attempts, failures, worker_ids, errors"
)
DUE = "state = 'ready' AND run_after <= ?"
HELD = "id = ? AND owner = ? AND attempts = ? AND state = 'running'"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job this worker holds. `arguments`, `worker_ids` and `errors` are JSON text."""

    id: int
    key: str
    task: str
    arguments: str
    queue_name: str
    priority: int
    run_after: datetime
    enqueued_at: datetime
    started_at: datetime
    claimed_at: datetime
    owner: str
    attempts: int
    failures: int
    worker_ids: str
    errors: str

    @property
    def fence(self) -> tuple[int, str, int]:
        """What an acknowledgement must match."""
        return self.id, self.owner, self.attempts


@dataclass(frozen=True, slots=True)
class Scope:
    """What a worker takes: `queues` by name (none named: all), and no task it does not have."""

    queues: Collection[str] = ()
    unknown: Collection[str] = ()

    @property
    def condition(self) -> str:
        """SQL, beginning with AND, or nothing."""
        parts = ""
        if self.queues:
            parts += f" AND queue_name IN ({', '.join('?' * len(self.queues))})"
        if self.unknown:
            parts += f" AND task NOT IN ({', '.join('?' * len(self.unknown))})"
        return parts

    @property
    def values(self) -> tuple[str, ...]:
        """The parameters of `condition`."""
        return (*self.queues, *self.unknown)


EVERYTHING = Scope()


def is_any_due(now: datetime, scope: Scope = EVERYTHING) -> bool:
    """Whether a claim would find something: a read, so that an idle worker never writes."""
    sql = f"SELECT 1 FROM jobs_job WHERE {DUE}{scope.condition} LIMIT 1"  # noqa: S608 - own constants
    return queue().execute(sql, (stamp(now), *scope.values)).fetchone() is not None


def claim(owner: str, limit: int, now: datetime, scope: Scope = EVERYTHING) -> list[Claimed]:
    """Take up to `limit` due jobs, most urgent first; within a priority in the order they fell due."""
    sql = f"""
        UPDATE jobs_job
        SET state = 'running', owner = ?, attempts = attempts + 1,
            started_at = coalesce(started_at, ?), last_attempted_at = ?,
            worker_ids = json_insert(worker_ids, '$[#]', ?)
        WHERE state = 'ready' AND id IN (
            SELECT id FROM jobs_job WHERE {DUE}{scope.condition}
            ORDER BY priority DESC, run_after, id LIMIT ?)
        RETURNING {COLUMNS}
    """  # noqa: S608 - own constants
    at = stamp(now)
    values = (owner, at, at, owner, at, *scope.values, limit)
    jobs = [_claimed(row) for row in queue().execute(sql, values).fetchall()]
    return sorted(jobs, key=lambda job: (-job.priority, job.run_after, job.id))


def finish(job: Claimed, return_value: str, now: datetime) -> bool:
    """The job is done; `return_value` is JSON text. False: the claim was lost, nothing changed."""
    return _settle(
        job, "state = 'done', finished_at = ?, return_value = ?", stamp(now), return_value
    )


def fail(job: Claimed, error: dict[str, str], now: datetime) -> bool:
    """The job failed for good and stays visible. False: the claim was lost."""
    change = "state = 'failed', finished_at = ?, failures = failures + 1, errors = ?"
    return _settle(job, change, stamp(now), _with_error(job, error))


def postpone(job: Claimed, error: dict[str, str], run_after: datetime) -> bool:
    """The attempt failed: try again at `run_after`. False: the claim was lost."""
    change = "state = 'ready', run_after = ?, failures = failures + 1, errors = ?"
    return _settle(job, change, stamp(run_after), _with_error(job, error))


def give_back(job: Claimed) -> bool:
    """Leave the job to another worker, as if it had not been claimed. False: the claim was lost."""
    held = _settle(job, "state = 'ready'")
    if held:
        ring_on_commit()
    return held


def owners() -> set[str]:
    """Every worker that has a row or holds a job, dead or alive."""
    sql = "SELECT id FROM jobs_worker UNION SELECT owner FROM jobs_job WHERE state = 'running'"
    return {owner for (owner,) in queue().execute(sql)}


def take_over(owner: str, error: dict[str, str], now: datetime) -> list[tuple[str, str]]:
    """Make a dead worker's jobs ready again; (task, new state) of each.

    The first crash costs a job nothing. From the second on it waits a little, and the fifth is its
    last: what kills its worker every time must not keep all work down.
    """
    sql = """
        UPDATE jobs_job
        SET state = CASE WHEN crashes + 1 >= ? THEN 'failed' ELSE 'ready' END,
            finished_at = CASE WHEN crashes + 1 >= ? THEN ? END,
            run_after = CASE WHEN crashes = 0 THEN run_after ELSE ? END,
            crashes = crashes + 1, owner = NULL,
            errors = json_insert(errors, '$[#]', json(?))
        WHERE owner = ? AND state = 'running'
        RETURNING task, state
    """
    limits = (CRASHES_ALLOWED, CRASHES_ALLOWED, stamp(now), stamp(now + SECOND_CRASH_WAIT))
    taken = queue().execute(sql, (*limits, json.dumps(error), owner)).fetchall()
    if taken:
        ring_on_commit()
    return taken


def _settle(job: Claimed, change: str, *values: str) -> bool:
    sql = f"UPDATE jobs_job SET {change}, owner = NULL WHERE {HELD}"  # noqa: S608 - own constants
    return queue().execute(sql, (*values, *job.fence)).rowcount == 1


def _with_error(job: Claimed, error: dict[str, str]) -> str:
    return json.dumps([*json.loads(job.errors), error][-ERRORS_KEPT:])


def _claimed(row: tuple[Any, ...]) -> Claimed:
    named = dict(zip((field.name for field in fields(Claimed)), row, strict=True))
    for name in ("run_after", "enqueued_at", "started_at", "claimed_at"):
        named[name] = moment(named[name])
    return Claimed(**named)
