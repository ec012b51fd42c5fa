from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks import TaskResultStatus

from bodega import outbox
from bodega.databases.doorbell import Waiter
from bodega.jobs.arguments import NotPlainData, TooLarge
from bodega.jobs.models import Job
from bodega.lib.clock import utc_now
from bodega.outbox.models import Message
from bodega.outbox.testing import drain
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
for_real = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def test_a_message_becomes_a_job_that_runs() -> None:
    key = outbox.put(tasks.note, 7, twice=True)
    assert Job.objects.count() == 0
    drain()
    assert tasks.DONE == [7, 7]
    result = tasks.note.get_result(key)
    assert (result.status, result.return_value) == (TaskResultStatus.SUCCESSFUL, "noted 7")
    assert Message.objects.get(key=key).dispatched_at is not None


def test_several_messages_are_one_statement_and_run_in_their_order() -> None:
    with CaptureQueriesContext(connection) as captured:
        keys = outbox.put_all((tasks.note, (1,)), (tasks.note.using(priority=5), (2,)))
    assert len(captured) == 1
    written = dict(Message.objects.values_list("key", "priority"))
    assert written == dict(zip(keys, [0, 5], strict=True))
    drain()
    assert sorted(tasks.DONE) == [1, 2]


def test_priority_and_queue_are_the_tasks() -> None:
    outbox.put(tasks.note.using(priority=5, queue_name="mail"), 1)
    drain()
    job = Job.objects.get()
    assert (job.priority, job.queue_name) == (5, "mail")


def test_a_delayed_message_waits_in_the_queue() -> None:
    now = utc_now()
    outbox.put(tasks.note, "in an hour", after=timedelta(hours=1))
    outbox.put(tasks.note, "tomorrow", after=now + timedelta(days=1))
    outbox.put(tasks.note.using(run_after=now + timedelta(days=2)), "the day after")
    drain()
    assert tasks.DONE == []
    for later in (timedelta(hours=2), timedelta(hours=25), timedelta(hours=49)):
        drain(now + later)
    assert tasks.DONE == ["in an hour", "tomorrow", "the day after"]


@for_real
def test_outside_a_transaction_a_message_is_refused() -> None:
    with pytest.raises(outbox.NoTransaction, match=r"tasks\.note\) was called outside a trans"):
        outbox.put(tasks.note, 1)
    with transaction.atomic(using="queue"), pytest.raises(outbox.NoTransaction):
        outbox.put(tasks.note, 1)
    assert not Message.objects.exists()
    with transaction.atomic():
        outbox.put(tasks.note, 1)
    assert Message.objects.count() == 1


@for_real
def test_what_is_rolled_back_never_happens() -> None:
    with transaction.atomic():
        outbox.put(tasks.note, "never")
        transaction.set_rollback(True)
    drain()
    assert tasks.DONE == []
    assert not Message.objects.exists()


@for_real
def test_the_bell_rings_after_the_commit_and_not_before() -> None:
    with Waiter("primary", Path(settings.VOLUME)) as bell:
        with transaction.atomic():
            outbox.put(tasks.note, 1)
            assert not bell.drain()
        assert bell.wait(5.0)


@pytest.mark.parametrize(
    ("value", "error"), [({1, 2}, NotPlainData), ("x" * 70_000, TooLarge)], ids=["set", "huge"]
)
def test_bad_arguments_are_refused_where_they_are_put(value: object, error: type) -> None:
    with pytest.raises(error, match=r"The arguments of tests\.jobs\.tasks\.note"):
        outbox.put(tasks.note, value)
    assert not Message.objects.exists()
