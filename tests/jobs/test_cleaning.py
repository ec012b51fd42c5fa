from datetime import datetime, timedelta

import pytest

from bodega.jobs import cleaning
from bodega.jobs.models import Job
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(databases=["queue"])
State = Job.State


@pytest.mark.parametrize(
    ("state", "days"), [(State.DONE, 3), (State.DISCARDED, 3), (State.FAILED, 90)]
)
def test_what_is_over_is_kept_for_its_time(state: State, days: int, now: datetime) -> None:
    tasks.note.enqueue(1)
    Job.objects.update(state=state, finished_at=now - timedelta(days=days))
    assert cleaning.clean(now) == 0
    assert cleaning.clean(now + timedelta(seconds=1)) == 1
    assert not Job.objects.exists()


def test_more_than_a_batch_goes_in_one_cleaning(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "BATCH", 2)
    for number in range(5):
        tasks.note.enqueue(number)
    Job.objects.update(state=State.DONE, finished_at=now - timedelta(days=4))
    assert cleaning.clean(now) == 5


def test_what_waits_or_runs_is_never_deleted(now: datetime) -> None:
    tasks.note.enqueue(1)
    tasks.note.enqueue(2)
    Job.objects.filter(pk=Job.objects.first().pk).update(state=State.RUNNING)  # type: ignore[union-attr]
    assert cleaning.clean(now + timedelta(days=1000)) == 0
    assert Job.objects.count() == 2
