import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connections

from bodega.jobs import claim, cleaning
from bodega.jobs.claim import CRASHES_ALLOWED, SECOND_CRASH_WAIT, Scope
from bodega.jobs.handle import queue
from bodega.jobs.insertion import NewJob, insert
from bodega.jobs.models import Job

pytestmark = pytest.mark.django_db(databases=["queue"])
ERROR = {"exception_class_path": "builtins.ValueError", "traceback": "…"}
NOTHING = '{"args":[],"kwargs":{}}'


def put(key: str, now: datetime, **about: object) -> None:
    insert([NewJob(key, "a.task", NOTHING, **about)], now)  # type: ignore[arg-type]


def keys(jobs: list[claim.Claimed]) -> list[str]:
    return [job.key for job in jobs]


def test_urgent_jobs_come_first_then_the_order_in_which_they_fell_due(now: datetime) -> None:
    put("late", now)
    put("early", now - timedelta(seconds=5))
    put("unimportant", now - timedelta(days=1), priority=-1)
    put("urgent", now, priority=5)
    assert keys(claim.claim("me", 3, now)) == ["urgent", "early", "late"]
    assert keys(claim.claim("me", 3, now)) == ["unimportant"]
    assert claim.claim("me", 3, now) == []


def test_a_delayed_job_is_due_at_its_moment_not_before(now: datetime) -> None:
    put("later", now, run_after=now + timedelta(seconds=1))
    almost = now + timedelta(microseconds=999_999)
    assert not claim.is_any_due(almost)
    assert claim.claim("me", 1, almost) == []
    assert claim.is_any_due(now + timedelta(seconds=1))
    assert len(claim.claim("me", 1, now + timedelta(seconds=1))) == 1


def test_a_second_job_of_the_same_key_is_no_job(now: datetime) -> None:
    jobs = [NewJob(key, "a.task", NOTHING) for key in ("x", "x", "y")]
    assert insert(jobs, now) == 2
    assert insert(jobs, now) == 0
    assert Job.objects.count() == 2


def test_a_worker_takes_only_its_queues_and_no_task_it_does_not_have(now: datetime) -> None:
    put("mail", now, queue_name="mail")
    put("other", now)
    scope = Scope(queues=["mail", "pictures"])
    assert keys(claim.claim("me", 9, now, scope)) == ["mail"]
    assert not claim.is_any_due(now, Scope(unknown=["a.task"]))
    assert claim.claim("me", 9, now, Scope(["default"], ["a.task"])) == []
    assert claim.is_any_due(now, Scope(unknown=["b.task"]))


def test_a_claim_says_who_when_and_how_often(now: datetime) -> None:
    put("job", now)
    (job,) = claim.claim("me", 1, now)
    row = Job.objects.get()
    assert (row.state, row.owner, row.attempts, row.worker_ids) == ("running", "me", 1, ["me"])
    assert row.started_at == row.last_attempted_at == now
    assert (job.enqueued_at, job.run_after, job.claimed_at) == (now, now, now)


def test_finishing_acknowledges_once(now: datetime) -> None:
    put("job", now)
    (job,) = claim.claim("me", 1, now)
    assert claim.finish(job, '{"a": 1}', now)
    assert not claim.finish(job, "2", now)
    row = Job.objects.get()
    assert (row.state, row.return_value, row.owner) == ("done", {"a": 1}, None)


def words(job: claim.Claimed, now: datetime) -> Iterator[bool]:
    yield claim.finish(job, "1", now)
    yield claim.fail(job, ERROR, now)
    yield claim.postpone(job, ERROR, now)
    yield claim.give_back(job)


def lose(now: datetime) -> tuple[claim.Claimed, claim.Claimed]:
    """The same job claimed twice by the same name: what the first holder lost and what it has now."""
    put("job", now)
    (lost,) = claim.claim("me", 1, now)
    claim.take_over("me", ERROR, now)
    (held,) = claim.claim("me", 1, now)
    return lost, held


def test_who_lost_the_claim_changes_nothing_any_more(now: datetime) -> None:
    lost, held = lose(now)
    assert list(words(lost, now)) == [False] * 4
    assert Job.objects.get().state == "running"
    assert claim.finish(held, '"mine"', now)
    assert list(words(lost, now)) == [False] * 4
    assert Job.objects.get().return_value == "mine"


def test_without_the_fence_the_late_one_would_win(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        claim, "HELD", "id = ? AND owner = ? AND attempts >= ? AND state = 'running'"
    )
    lost, held = lose(now)
    assert claim.finish(lost, '"not mine"', now)
    assert not claim.finish(held, '"mine"', now)


def test_only_the_latest_errors_are_kept(now: datetime) -> None:
    put("job", now)
    for number in range(claim.ERRORS_KEPT + 2):
        (job,) = claim.claim("me", 1, now)
        assert claim.postpone(job, {**ERROR, "traceback": str(number)}, now)
    kept = [error["traceback"] for error in Job.objects.get().errors]
    assert kept == ["2", "3", "4", "5", "6"]


def test_the_first_crash_costs_nothing_the_second_a_wait_the_fifth_is_the_last(
    now: datetime,
) -> None:
    put("bomb", now)
    states = []
    for _ in range(CRASHES_ALLOWED):
        claim.claim("me", 1, now)
        states += claim.take_over("me", ERROR, now)
        job = Job.objects.get()
        assert job.owner is None
        now = max(now, job.run_after)
    assert states == [("a.task", "ready")] * 4 + [("a.task", "failed")]
    assert job.finished_at == job.enqueued_at + 3 * SECOND_CRASH_WAIT
    assert len(job.errors) == CRASHES_ALLOWED


def test_taking_over_touches_nobody_elses_jobs(now: datetime) -> None:
    put("mine", now)
    put("theirs", now)
    claim.claim("me", 1, now)
    claim.claim("them", 1, now)
    assert claim.owners() == {"me", "them"}
    claim.take_over("them", ERROR, now)
    assert Job.objects.get(key="mine").owner == "me"
    assert Job.objects.get(key="theirs").state == "ready"


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (f"SELECT 1 FROM jobs_job WHERE {claim.DUE} LIMIT 1", "job_due"),
        (
            f"SELECT id FROM jobs_job WHERE {claim.DUE} ORDER BY priority DESC, run_after, id",
            "job_ready",
        ),
        (cleaning.DELETE.partition(" IN (")[2].strip(") \n"), "job_finished"),
        ("SELECT owner FROM jobs_job WHERE state = 'running'", "job_running"),
    ],
    ids=["look", "claim", "clean", "owners"],
)
def test_looking_and_claiming_walk_an_index(sql: str, index: str) -> None:
    plan = " ".join(
        row[3] for row in queue().execute(f"EXPLAIN QUERY PLAN {sql}", ["x"] * sql.count("?"))
    )
    assert index in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.django_db(transaction=True, databases=["queue"])
def test_claims_that_race_share_the_jobs_without_overlap(now: datetime) -> None:
    insert([NewJob(f"job-{n}", "a.task", NOTHING) for n in range(120)], now)
    start, taken = threading.Barrier(6), list[str]()

    def race(name: str) -> None:
        start.wait()
        while jobs := claim.claim(name, 3, now):
            taken.extend(keys(jobs))
        connections.close_all()

    racers = [threading.Thread(target=race, args=(f"racer-{n}",)) for n in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(taken) == sorted(f"job-{n}" for n in range(120))


def test_reading_first_and_writing_without_a_guard_would_overlap(now: datetime) -> None:
    put("job", now)
    seen_by_both = [queue().execute("SELECT id FROM jobs_job WHERE state = 'ready'").fetchall()] * 2
    takes = [
        queue().execute("UPDATE jobs_job SET state = 'running' WHERE id = ?", seen[0]).rowcount
        for seen in seen_by_both
    ]
    assert takes == [1, 1]  # which is why `claim` is one statement, guarded by the state
