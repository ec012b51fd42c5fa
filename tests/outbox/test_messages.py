import pytest
from django_tasks import TaskResultStatus

from bodega import outbox
from bodega.jobs.models import Job
from bodega.outbox.models import Message
from bodega.outbox.testing import drain
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_a_message_becomes_a_job_that_runs() -> None:
    key = outbox.put(tasks.note, 7, twice=True)
    assert Job.objects.count() == 0
    drain()
    assert tasks.DONE == [7, 7]
    result = tasks.note.get_result(key)
    assert (result.status, result.return_value) == (TaskResultStatus.SUCCESSFUL, "noted 7")
    assert Message.objects.get(key=key).dispatched_at is not None
