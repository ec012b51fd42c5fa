import asyncio
from datetime import timedelta

import pytest
from django.db import transaction
from django_tasks import TaskResultStatus
from django_tasks.exceptions import InvalidTaskError, TaskResultDoesNotExist, TaskResultMismatch

from bodega.jobs.arguments import NotPlainData
from bodega.jobs.models import Job
from bodega.jobs.registry import UnknownTask
from bodega.jobs.testing import run_waiting
from bodega.lib.clock import utc_now
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(databases=["queue"])


def test_an_enqueued_task_waits_until_it_is_run() -> None:
    result = tasks.note.enqueue("a", twice=True)
    assert result.status == TaskResultStatus.READY
    assert tasks.DONE == []
    run_waiting()
    assert tasks.DONE == ["a", "a"]
    result.refresh()
    assert (result.status, result.return_value) == (TaskResultStatus.SUCCESSFUL, "noted a")
    assert result.attempts == 1
    assert result.enqueued_at
    assert result.started_at
    assert result.finished_at
    assert result.enqueued_at <= result.started_at <= result.finished_at


def test_a_failed_task_keeps_its_traceback() -> None:
    result = tasks.answer_with_a_set.enqueue()
    run_waiting(raising=False)
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert result.errors[0].exception_class is NotPlainData
    assert "What tests.jobs.tasks.answer_with_a_set returned" in result.errors[0].traceback
    with pytest.raises(ValueError, match="failed"):
        _ = result.return_value


def test_priority_queue_and_time_are_the_jobs() -> None:
    later = utc_now() + timedelta(hours=1)
    task = tasks.note.using(priority=7, queue_name="mail", run_after=later)
    found = tasks.note.get_result(task.enqueue(1).id)
    assert (found.task.priority, found.task.queue_name) == (7, "mail")
    assert found.task.run_after == later
    assert run_waiting() == []
    assert len(run_waiting(later)) == 1


def test_a_coroutine_is_a_task_too() -> None:
    tasks.note_later.enqueue("async")
    run_waiting()
    assert tasks.DONE == ["async"]


def test_the_result_is_found_by_its_task_only() -> None:
    result = tasks.note.enqueue(1)
    with pytest.raises(TaskResultMismatch):
        tasks.burn.get_result(result.id)
    with pytest.raises(TaskResultDoesNotExist):
        tasks.note.get_result("nobody")


def test_the_result_of_a_task_that_is_gone_says_so() -> None:
    result = tasks.note.enqueue(1)
    Job.objects.update(task="tests.jobs.tasks.gone")
    with pytest.raises(UnknownTask, match=r"tests\.jobs\.tasks has no task gone"):
        tasks.note.get_result(result.id)


def test_what_is_no_plain_data_never_enters_the_queue() -> None:
    with pytest.raises(NotPlainData):
        tasks.note.enqueue({1, 2})
    assert not Job.objects.exists()


def test_a_priority_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidTaskError):
        tasks.note.using(priority=101)


def test_a_job_appears_with_its_transaction_or_not_at_all() -> None:
    with transaction.atomic(using="queue"):
        tasks.note.enqueue("never")
        transaction.set_rollback(True, using="queue")
    assert not Job.objects.exists()
    with transaction.atomic(using="queue"):
        tasks.note.enqueue("now")
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["queue"])
def test_enqueueing_is_possible_from_a_coroutine() -> None:
    async def enqueue_and_look() -> TaskResultStatus:
        result = await tasks.note.aenqueue("x")
        return (await tasks.note.aget_result(result.id)).status

    assert asyncio.run(enqueue_and_look()) == TaskResultStatus.READY
