"""Background work: is somebody doing it, what failed, what waits?"""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

from bodega.databases.leases import is_held
from bodega.ops.doctor.case import Case, has_table, moment
from bodega.ops.doctor.findings import Finding, bad, ok, unless, warn

LATE, TOO_LATE = timedelta(minutes=5), timedelta(hours=1)
WORKER = "Is a worker running? 'bodega up' starts one; 'bodega worker' runs one by itself."
FAILED_JOBS = "See why, and retry or discard: /backoffice/jobs/job/?state__exact=failed"

OLDEST_JOB = "SELECT run_after, task FROM jobs_job WHERE state = 'ready' ORDER BY run_after LIMIT 1"
FAILED = """
    SELECT count(*), max(task) FROM jobs_job
    WHERE state = 'failed' AND finished_at IS NOT NULL
"""
OLDEST_MESSAGE = """
    SELECT created_at, task FROM outbox_message
    WHERE dispatched_at IS NULL AND error = '' AND (not_before IS NULL OR not_before < ?)
    ORDER BY id LIMIT 1
"""
BROKEN = (
    "SELECT count(*), max(error) FROM outbox_message WHERE error != '' AND dispatched_at IS NULL"
)


def examine(case: Case) -> Iterator[Finding]:
    """The queue, then the outbox that fills it."""
    if case.path("queue").exists():
        with case.look("queue") as connection:
            if has_table(connection, "jobs_job"):
                yield from _jobs(case, connection)
    if case.path("primary").exists():
        with case.look("primary") as connection:
            if has_table(connection, "outbox_message"):
                yield from _outbox(case, connection)


def _jobs(case: Case, connection: sqlite3.Connection) -> Iterator[Finding]:
    oldest = connection.execute(OLDEST_JOB).fetchone()
    told = ok("queue.waiting", "No job is waiting for long.")
    yield _late(case, "queue.waiting", "job", oldest, told)
    count, task = connection.execute(FAILED).fetchone()
    failed = [
        warn("queue.failed", f"{_jobs_of(count)} failed for good, for example {task}.", FAILED_JOBS)
    ]
    yield from unless(failed if count else [], ok("queue.failed", "No job has failed."))
    workers = [row[0] for row in connection.execute("SELECT id FROM jobs_worker").fetchall()]
    alive = sum(is_held(worker, case.volume) for worker in workers)
    yield ok("queue.workers", f"{alive} workers are alive.")


def _outbox(case: Case, connection: sqlite3.Connection) -> Iterator[Finding]:
    now = case.now.replace(tzinfo=None).isoformat(" ")
    oldest = connection.execute(OLDEST_MESSAGE, (now,)).fetchone()
    told = ok("outbox.waiting", "The outbox is empty, or nearly.")
    yield _late(case, "outbox.waiting", "message", oldest, told)
    count, error = connection.execute(BROKEN).fetchone()
    broken = [
        bad(
            "outbox.broken",
            f"{count} messages cannot become jobs: {error}",
            "Correct the row and empty its error: /backoffice/outbox/message/",
        )
    ]
    yield from unless(broken if count else [], ok("outbox.broken", "Every message can be sent."))


def _late(
    case: Case, id_: str, what: str, oldest: tuple[str, str] | None, otherwise: Finding
) -> Finding:
    due = moment(oldest[0]) if oldest else case.now
    if oldest is None or case.now - due < LATE:
        return otherwise
    sentence = f"A {what} for {oldest[1]} has been waiting for {case.ago(due)}."
    return (bad if case.now - due >= TOO_LATE else warn)(id_, sentence, WORKER)


def _jobs_of(count: int) -> str:
    return "1 job has" if count == 1 else f"{count} jobs have"
