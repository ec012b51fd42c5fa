from datetime import datetime, timedelta

import pytest

from bodega.jobs import repairing
from bodega.jobs.models import Job
from bodega.jobs.testing import run_waiting
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(databases=["queue"])


def failed_job() -> Job:
    tasks.leave.enqueue(1)
    run_waiting(raising=False)
    job = Job.objects.get()
    assert job.state == Job.State.FAILED
    return job


def test_a_failed_job_is_run_again_with_all_its_attempts(now: datetime) -> None:
    job = failed_job()
    assert repairing.retry([job.pk], now) == 1
    job.refresh_from_db()
    assert (job.state, job.failures, job.finished_at) == (Job.State.READY, 0, None)
    assert len(job.errors) == 1
    run_waiting(raising=False)
    job.refresh_from_db()
    assert (job.state, job.attempts, len(job.errors)) == (Job.State.FAILED, 2, 2)


def test_a_discarded_job_does_not_run_but_can_be_brought_back(now: datetime) -> None:
    tasks.note.enqueue(1)
    job = Job.objects.get()
    assert repairing.discard([job.pk], now) == 1
    assert run_waiting() == []
    assert repairing.retry([job.pk], now) == 1
    assert len(run_waiting()) == 1


@pytest.mark.parametrize("state", [Job.State.RUNNING, Job.State.DONE])
def test_a_job_that_runs_or_is_done_is_not_touched(state: Job.State, now: datetime) -> None:
    tasks.note.enqueue(1)
    Job.objects.update(state=state)
    keys = list(Job.objects.values_list("pk", flat=True))
    assert repairing.retry(keys, now) == 0
    assert repairing.discard(keys, now + timedelta(1)) == 0
