import pytest
from django.test import Client
from django.utils import timezone

from bodega.customers.models import User
from bodega.jobs.models import Job
from bodega.outbox.models import Message

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def job(state: str, key: str) -> Job:
    now = timezone.now()
    return Job.objects.create(
        key=key,
        task="a.task",
        arguments={},
        state=state,
        run_after=now,
        enqueued_at=now,
        finished_at=now,
    )


def act(client: Client, page: str, action: str, *ids: int) -> str:
    data = {"action": action, "_selected_action": [str(pk) for pk in ids]}
    return client.post(f"/backoffice/{page}/", data, follow=True).content.decode()


def test_failed_jobs_are_run_again_and_done_ones_left_alone(office: Client) -> None:
    failed, done = job("failed", "f"), job("done", "d")
    assert "1 jobs run again now" in act(office, "jobs/job", "retry", failed.pk, done.pk)
    failed.refresh_from_db()
    done.refresh_from_db()
    assert (failed.state, done.state) == ("ready", "done")


def test_a_job_can_be_discarded(office: Client) -> None:
    failed = job("failed", "f")
    act(office, "jobs/job", "discard", failed.pk)
    failed.refresh_from_db()
    assert failed.state == "discarded"


def test_a_stuck_message_is_tried_again(office: Client) -> None:
    message = Message.objects.create(
        key="m", task="a.task", arguments={}, created_at=timezone.now(), error="no such task"
    )
    act(office, "outbox/message", "dispatch_again", message.pk)
    message.refresh_from_db()
    assert message.error == ""


def test_who_may_only_look_cannot_repair(client: Client) -> None:
    from django.contrib.auth.models import Permission

    viewer = User.objects.create_user("viewer@example.com", "a long enough one", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(viewer)
    failed = job("failed", "f")
    act(client, "jobs/job", "retry", failed.pk)
    failed.refresh_from_db()
    assert failed.state == "failed"
