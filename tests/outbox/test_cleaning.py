from datetime import datetime, timedelta

import pytest

from bodega import outbox
from bodega.outbox import cleaning
from bodega.outbox.models import Message
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(databases=["default"])


def test_dispatched_messages_are_kept_for_a_week_then_deleted_in_batches(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "BATCH", 2)
    for number in range(5):
        outbox.put(tasks.note, number)
    Message.objects.update(dispatched_at=now)
    assert cleaning.clean(now + cleaning.KEEP) == 0
    assert cleaning.clean(now + cleaning.KEEP + timedelta(seconds=1)) == 5


def test_what_was_not_dispatched_is_never_deleted(now: datetime) -> None:
    outbox.put(tasks.note, 1)
    assert cleaning.clean(now + timedelta(days=10_000)) == 0
    assert Message.objects.count() == 1
