from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bodega.jobs import claim, takeover
from bodega.jobs.liveness import Pulse, is_alive, last_beat
from bodega.jobs.models import Job, Worker
from bodega.lib.clock import utc_now
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(databases=["queue"])


def claimed_by(worker: str) -> Job:
    tasks.note.enqueue(1)
    claim.claim(worker, 1, utc_now())
    return Job.objects.get()


def test_a_worker_lives_as_long_as_it_holds_its_lock(volume: Path) -> None:
    pulse = Pulse(volume)
    assert not is_alive(pulse.worker, volume)
    pulse.start("1.0")
    assert is_alive(pulse.worker, volume)
    beat = last_beat(pulse.worker, volume)
    assert beat is not None
    assert abs(datetime.now(UTC) - beat) < timedelta(minutes=1)
    pulse.stop()
    assert not is_alive(pulse.worker, volume)
    assert list((volume / "locks").iterdir()) == []


def test_the_jobs_of_a_dead_worker_are_ready_again(now: datetime) -> None:
    Worker.objects.create(id="worker-gone", host="h", pid=1, threads=2, started_at=now)
    claimed_by("worker-gone")
    assert takeover.take_over_from_the_dead("me", utc_now()) == 1
    job = Job.objects.get()
    assert (job.state, job.owner, job.crashes, job.failures) == ("ready", None, 1, 0)
    assert job.errors[0]["exception_class_path"] == "bodega.jobs.liveness.WorkerDied"
    assert not Worker.objects.exists()
    assert takeover.take_over_from_the_dead("me", utc_now()) == 0


def test_a_dead_worker_without_a_row_is_found_by_its_jobs() -> None:
    claimed_by("worker-forgotten")
    assert takeover.take_over_from_the_dead("me", utc_now()) == 1


def test_a_living_workers_jobs_stay_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()
    pulse.start("1.0")
    claimed_by(pulse.worker)
    try:
        assert takeover.take_over_from_the_dead("me", utc_now()) == 0
        assert Job.objects.get().owner == pulse.worker
        # And it is the lock that says so: without it the job would be taken from under its hands.
        monkeypatch.setattr(takeover, "is_alive", lambda worker: False)
        assert takeover.take_over_from_the_dead("me", utc_now()) == 1
    finally:
        pulse.stop()


def test_nobody_takes_over_from_itself() -> None:
    claimed_by("me")
    assert takeover.take_over_from_the_dead("me", utc_now()) == 0
    assert Job.objects.get().owner == "me"
