import sqlite3
import threading
from datetime import datetime

import pytest
from django.db import OperationalError, transaction

from bodega import outbox
from bodega.databases.leases import Lease, is_held
from bodega.databases.prepared import Prepared
from bodega.jobs.insertion import insert
from bodega.jobs.models import Job
from bodega.jobs.testing import run_waiting
from bodega.outbox import relay
from bodega.outbox.models import Message
from bodega.outbox.testing import drain
from tests.jobs import tasks
from tests.jobs.engine import Engine
from tests.waiting import until

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
for_real = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

PUT = """
from django.db import transaction
from bodega import outbox
from tests.jobs import tasks
with transaction.atomic():
    outbox.put(tasks.write_down, {book!r}, "relayed")
"""
RELAY_AND_DIE = """
import os, signal
from bodega.lib.clock import utc_now
from bodega.outbox import relay
relay.mark = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
relay.relay_batch(utc_now())
"""


def put(*words: str) -> None:
    for word in words:
        outbox.put(tasks.note, word)


def test_messages_become_jobs_in_the_order_of_their_commits(now: datetime) -> None:
    put("a", "b", "c")
    assert relay.relay_batch(now) == 3
    assert relay.relay_batch(now) == 0
    run_waiting()
    assert tasks.DONE == ["a", "b", "c"]
    assert set(Message.objects.values_list("dispatched_at", flat=True)) == {now}


def test_more_than_a_batch_takes_several(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "BATCH", 2)
    monkeypatch.setattr(relay, "WAITING", Prepared(relay.oldest))
    put("a", "b", "c")
    assert [relay.relay_batch(now) for _ in range(3)] == [2, 1, 0]
    assert Job.objects.count() == 3


def test_a_message_relayed_twice_is_one_job(now: datetime) -> None:
    put("once")
    relay.relay_batch(now)
    run_waiting()
    Message.objects.update(dispatched_at=None)  # as if the relay had died before it could mark
    assert relay.relay_batch(now) == 1
    run_waiting()
    assert tasks.DONE == ["once"]
    # It is the key that does it: the same message under another one would run again.
    Message.objects.update(dispatched_at=None, key="another")
    relay.relay_batch(now)
    run_waiting()
    assert tasks.DONE == ["once", "once"]


def test_nothing_is_marked_that_did_not_reach_the_queue(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> int:
        raise OperationalError("database or disk is full")

    put("kept")
    with monkeypatch.context() as patched:
        patched.setattr(relay, "insert", full_disk)
        with pytest.raises(OperationalError):
            relay.relay_batch(now)
    assert Message.objects.get().dispatched_at is None
    drain()
    assert tasks.DONE == ["kept"]


def test_a_message_of_an_unknown_task_does_not_stop_the_line(now: datetime) -> None:
    put("tomorrow's", "today's")
    first = Message.objects.order_by("id")[0]
    Message.objects.filter(pk=first.pk).update(task="tests.jobs.tasks.of_tomorrow")
    relay.relay_batch(now)
    assert Message.objects.filter(dispatched_at=None).count() == 0
    assert Job.objects.get(key=first.key).task == "tests.jobs.tasks.of_tomorrow"


@pytest.mark.parametrize(
    "broken",
    [{"arguments": [1]}, {"arguments": {"args": 1, "kwargs": {}}}, {"task": "word"}],
)
def test_a_broken_message_is_passed_over_and_says_why(
    broken: dict[str, object], now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    put("broken", "whole")
    first = Message.objects.order_by("id")[0]
    Message.objects.filter(pk=first.pk).update(**broken)
    relay.relay_batch(now)
    assert relay.relay_batch(now) == 0
    run_waiting()
    assert tasks.DONE == ["whole"]
    first.refresh_from_db()
    assert first.error
    assert first.dispatched_at is None
    assert "is passed over" in caplog.text


@for_real
def test_the_relay_hears_the_bell_and_works_only_under_its_lease() -> None:
    stop, other = threading.Event(), Lease("relay")
    assert other.acquire()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    try:
        with transaction.atomic():
            put("word")
        assert not Job.objects.exists()
        other.release()
        until(Job.objects.exists)
        assert is_held("relay")
    finally:
        stop.set()
        thread.join()
    assert not is_held("relay")


@for_real
def test_after_a_batch_the_next_one_gathers_and_none_is_forgotten() -> None:
    class Patience(threading.Event):
        """Somebody commits during the first wait, and it is over after the second."""

        waits: list[float | None]

        def wait(self, timeout: float | None = None) -> bool:
            self.waits.append(timeout)
            if len(self.waits) == 2:
                self.set()
            else:
                with transaction.atomic():
                    put("late")
            return self.is_set()

    patience = Patience()
    patience.waits = []
    with transaction.atomic():
        put("early")
    relay.run(patience)
    assert patience.waits == [relay.GATHER_SECONDS] * 2
    assert not Message.objects.filter(dispatched_at=None).exists()
    assert Job.objects.count() == 2


@for_real
def test_trouble_with_a_file_is_logged_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trouble = iter([True])

    def troubled(*args: object) -> int:
        if next(trouble, False):
            raise sqlite3.OperationalError("database is locked")
        return insert(*args)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(relay, "insert", troubled)
    with transaction.atomic():
        put("word")
    stop = threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    try:
        until(Job.objects.exists)
    finally:
        stop.set()
        thread.join()
    assert "cannot be relayed at the moment" in caplog.text


@pytest.mark.process
def test_a_relay_killed_between_insert_and_mark_makes_no_second_job(engine: Engine) -> None:
    assert engine.python(PUT.format(book=str(engine.book))).wait(timeout=20) == 0
    assert engine.python(RELAY_AND_DIE).wait(timeout=20) == -9
    assert engine.query("SELECT count(*) FROM jobs_job") == [(1,)]
    waiting = "SELECT count(*) FROM outbox_message WHERE dispatched_at IS NULL"
    assert engine.query(waiting, file="primary") == [(1,)]
    engine.worker()
    until(lambda: engine.query(waiting, file="primary") == [(0,)])
    until(lambda: engine.query("SELECT state FROM jobs_job") == [("done",)])
    assert len(engine.lines("relayed")) == 1
