import threading
from datetime import datetime, timedelta

import pytest
from django.db import connections
from pytest_django import Settings

from bodega.databases.leases import Lease
from bodega.jobs import recurring
from bodega.jobs.checks import recurring_lines
from bodega.jobs.models import Job
from bodega.jobs.testing import run_waiting
from tests.jobs import tasks
from tests.waiting import until

pytestmark = pytest.mark.django_db(databases=["queue"])
LINE = ("tests.jobs.tasks.tick", 60)


def test_a_tick_is_one_job_however_many_schedulers(now: datetime) -> None:
    assert recurring.tick([LINE], now) == 1
    run_waiting()
    assert recurring.tick([LINE], now + timedelta(seconds=59)) == 0
    assert tasks.DONE == ["tick"]


def test_the_next_tick_is_the_next_job(now: datetime) -> None:
    for minute in range(3):
        assert recurring.tick([LINE], now + timedelta(minutes=minute)) == 1
        run_waiting()
    assert tasks.DONE == ["tick"] * 3


def test_a_tick_whose_forerunner_is_not_over_is_passed_over(now: datetime) -> None:
    recurring.tick([LINE], now)
    for state in ("ready", "running"):
        Job.objects.update(state=state)
        assert recurring.tick([LINE], now + timedelta(hours=1)) == 0
    Job.objects.update(state="failed")
    assert recurring.tick([LINE], now + timedelta(hours=1)) == 1


def test_somebodys_own_call_of_the_task_is_no_tick(now: datetime) -> None:
    tasks.tick.enqueue()
    assert recurring.tick([LINE], now) == 1


def test_a_line_without_a_task_does_not_stop_the_others(
    now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    assert recurring.tick([("tests.jobs.gone", 60), LINE], now) == 1
    assert "A line of settings.RECURRING cannot run: tests.jobs.gone" in caplog.text


def test_the_check_finds_lines_that_could_never_run(settings: Settings) -> None:
    settings.RECURRING = [LINE, ("tests.jobs.gone", 60), ("tests.jobs.tasks.tick", 0)]
    assert [error.id for error in recurring_lines()] == ["jobs.E002", "jobs.E001"]


def test_every_line_of_the_shop_can_run() -> None:
    assert recurring_lines() == []


@pytest.mark.django_db(transaction=True, databases=["queue"])
def test_the_scheduler_works_when_it_gets_the_lease_and_not_before(
    settings: Settings,
) -> None:
    settings.RECURRING = [("tests.jobs.tasks.tick", 3600)]
    stop = threading.Event()
    other = Lease("scheduler")
    assert other.acquire()
    scheduler = threading.Thread(target=recurring.run, args=(stop,))
    scheduler.start()
    try:
        assert not Job.objects.exists()
        other.release()
        until(Job.objects.exists)
    finally:
        stop.set()
        scheduler.join()
    assert Job.objects.count() == 1
    assert Lease("scheduler").acquire()
    connections.close_all()
