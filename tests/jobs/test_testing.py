import pytest

from bodega.jobs.models import Job
from bodega.jobs.registry import UnknownTask
from bodega.jobs.testing import run_waiting
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(databases=["queue"])


def test_what_a_task_raises_comes_out_unless_told_otherwise() -> None:
    tasks.burn.enqueue("fire")
    with pytest.raises(ValueError, match="fire"):
        run_waiting()
    Job.objects.update(run_after=Job.objects.get().enqueued_at)
    (attempt,) = run_waiting(raising=False)
    assert isinstance(attempt.error, ValueError)


def test_a_missing_task_always_comes_out() -> None:
    tasks.note.enqueue(1)
    Job.objects.update(task="tests.gone")
    with pytest.raises(UnknownTask):
        run_waiting(raising=False)


def test_jobs_without_end_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bodega.jobs.testing.MOST_ROUNDS", 3)
    for number in range(4):
        tasks.note.enqueue(number)
    with pytest.raises(RuntimeError, match="still more"):
        run_waiting()
