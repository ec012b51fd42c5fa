import logging
from datetime import datetime, timedelta

import pytest
from django_tasks.signals import task_finished, task_started

from bodega.jobs import claim, running
from bodega.jobs.models import Job
from bodega.jobs.running import Attempt, Ending
from bodega.jobs.testing import run_waiting
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(databases=["queue"])


def attempt(now: datetime) -> tuple[Attempt, Ending]:
    (job,) = claim.claim("me", 1, now)
    made = running.perform(job)
    return made, running.record(made, now, lambda: 1.0)


def later() -> datetime:
    return Job.objects.get().run_after


def test_a_job_that_raises_comes_back_later_and_fails_visibly_in_the_end() -> None:
    tasks.burn.enqueue("fire")
    start = later()
    waits = []
    for _ in range(2):
        at = later()
        assert attempt(at)[1] is Ending.POSTPONED
        waits.append((later() - at).total_seconds())
    assert waits == [10, 15]
    assert attempt(later())[1] is Ending.FAILED
    job = Job.objects.get()
    assert (job.state, job.failures, job.attempts) == (Job.State.FAILED, 3, 3)
    assert job.finished_at == start + timedelta(seconds=25)
    assert "raise ValueError(reason)" in job.errors[-1]["traceback"]
    assert job.errors[-1]["exception_class_path"] == "builtins.ValueError"


def test_a_poison_job_does_not_stop_the_line() -> None:
    tasks.burn.using(priority=100).enqueue("poison")
    for number in range(3):
        tasks.note.enqueue(number)
    run_waiting(raising=False)
    assert tasks.DONE == ["poison", 0, 1, 2]


def test_even_a_system_exit_is_only_a_failed_job() -> None:
    tasks.leave.enqueue(3)
    made, ending = attempt(later())
    assert ending is Ending.FAILED
    assert isinstance(made.error, SystemExit)


def test_a_result_that_is_no_plain_data_fails_at_once() -> None:
    tasks.answer_with_a_set.enqueue()
    assert attempt(later())[1] is Ending.FAILED


@pytest.mark.parametrize("path", ["tests.jobs.tasks.gone", "no.such.module", "word", ".x", ""])
def test_an_unknown_task_is_left_for_a_newer_release(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.note.enqueue(1)
    Job.objects.update(task=path)
    assert attempt(later())[1] is Ending.UNKNOWN
    job = Job.objects.get()
    assert (job.state, job.owner, job.failures, job.errors) == ("ready", None, 0, [])
    assert f"Job {job.key} waits for a newer release" in caplog.text


def test_arguments_that_make_no_sense_are_the_jobs_failure_not_the_workers() -> None:
    tasks.note.enqueue(1)
    Job.objects.update(arguments=["neither", "args", "nor kwargs"])
    made, ending = attempt(later())
    assert (made.result, ending) == (None, Ending.POSTPONED)
    assert "TypeError" in Job.objects.get().errors[0]["traceback"]


def test_the_attempt_is_in_the_context() -> None:
    result = tasks.count.enqueue()
    attempt(later())
    assert tasks.count.get_result(result.id).return_value == 1


def test_a_lost_claim_is_said_and_nothing_recorded(caplog: pytest.LogCaptureFixture) -> None:
    tasks.note.enqueue(1)
    (job,) = claim.claim("me", 1, later())
    claim.take_over("me", {}, later())
    assert running.record(running.perform(job), later()) is Ending.LOST
    assert "was taken over by another worker" in caplog.text
    assert Job.objects.get().state == "ready"


def test_djangos_signals_are_sent_and_a_failing_receiver_harms_nobody() -> None:
    heard: list[str] = []

    def listen(signal: object, task_result: object, **_: object) -> None:
        heard.append("started" if signal is task_started else "finished")
        raise RuntimeError("a receiver's own trouble")

    task_started.connect(listen)
    task_finished.connect(listen)
    try:
        tasks.note.enqueue(1)
        run_waiting()
    finally:
        task_started.disconnect(listen)
        task_finished.disconnect(listen)
    assert heard == ["started", "finished"]
    assert Job.objects.get().state == "done"


def test_what_became_of_it_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tasks.burn.enqueue("fire")
    attempt(later())
    assert "failed, attempt 1; again in 10.0 s" in caplog.text
    for _ in range(2):
        attempt(later())
    assert "state=FAILED" in caplog.text
    assert caplog.text.count("ValueError: fire") == 3
