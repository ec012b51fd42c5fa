"""The write lock: one at a time, in turn, by name, and never for ever."""

import logging
import sqlite3
import threading

import pytest

from bodega.databases import writing
from bodega.databases.naming import acting_as, actor, rename
from bodega.databases.waits import BOUNDS, Waits
from bodega.databases.writing import Holder, WriteLock
from tests.databases.test_syncing import Thread
from tests.waiting import until


@pytest.fixture
def lock() -> WriteLock:
    return WriteLock("primary.sqlite3")


def waiting(lock: WriteLock, order: list[str], name: str) -> Thread:
    """A thread that waits for its turn, notes its name and gives the turn back."""
    before = lock.queue_length

    def write() -> None:
        with acting_as(name):
            lock.acquire(10)
        order.append(name)
        lock.release()

    thread = Thread(write)
    until(lambda: lock.queue_length == before + 1)
    return thread


def test_turns_come_in_the_order_of_asking(lock: WriteLock) -> None:
    order: list[str] = []
    lock.acquire(1)
    threads = [waiting(lock, order, f"view {number}") for number in range(8)]
    lock.release()
    for thread in threads:
        thread.join(5)
    assert order == [f"view {number}" for number in range(8)]


def test_only_one_writes_at_a_time(lock: WriteLock) -> None:
    inside, most = [0], [0]

    def write() -> None:
        for _ in range(200):
            lock.acquire(10)
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            inside[0] -= 1
            lock.release()

    threads = [Thread(write) for _ in range(8)]
    for thread in threads:
        thread.join(20)
        assert thread.error is None
    assert most == [1]
    assert lock.waits.turns == 1600
    assert lock.holder is None


def test_who_waited_long_enough_is_not_passed_any_more() -> None:
    now = [0.0]
    lock = WriteLock("x", clock=lambda: now[0])
    order: list[str] = []
    lock.acquire(1)
    thread = waiting(lock, order, "patient")
    now[0] = writing.PATIENCE + 0.001
    lock.release()  # handed over, although this thread is awake and would take it again at once
    assert lock.holder is None or lock.holder.who == "patient"
    thread.join(5)
    assert order == ["patient"]


def test_who_gives_up_says_who_had_it_and_leaves_the_queue(lock: WriteLock) -> None:
    def hold() -> None:
        with acting_as("job orders.mails.send"):
            lock.acquire(1)

    Thread(hold).join(5)
    with acting_as("view checkout.place"), pytest.raises(sqlite3.OperationalError) as caught:
        lock.acquire(0.01)
    message = str(caught.value)
    assert message.startswith(
        "database is locked: primary.sqlite3 is held by job orders.mails.send"
    )
    assert "in this process; view checkout.place waited 0.01 s" in message
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_BUSY
    assert lock.queue_length == 0
    assert lock.waits.report().waited == 1


def test_a_thread_that_would_wait_for_itself_is_told_at_once(lock: WriteLock) -> None:
    with acting_as("view cart.add"):
        lock.acquire(1)
        with pytest.raises(sqlite3.OperationalError, match="on this very thread, through another"):
            lock.acquire(60)


def test_a_long_wait_is_logged_with_the_holders_name_and_kept(
    lock: WriteLock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writing, "SLOW_SECONDS", 0.01)
    monkeypatch.setattr("bodega.databases.waits.SLOW_SECONDS", 0.01)
    order: list[str] = []
    with acting_as("job slow.import_everything"):
        lock.acquire(1)
    with caplog.at_level(logging.WARNING):
        thread = waiting(lock, order, "view checkout.place")
        until(lambda: caplog.records)
    lock.release()
    thread.join(5)
    assert "view checkout.place waits for its turn to write to primary.sqlite3" in caplog.text
    assert "held by job slow.import_everything for 0.0 s, in this process" in caplog.text
    (slow,) = lock.waits.report().slow
    assert (slow.who, slow.was_in_vain) == ("view checkout.place", False)
    assert "import_everything" in slow.holder


def test_giving_up_does_not_swallow_the_next_ones_waking(lock: WriteLock) -> None:
    """Whoever is woken and gives up in the same moment wakes the next; else it would sleep on."""
    lock.acquire(1)
    impatient = [Thread(lambda: (lock.acquire(0.005), lock.release())) for _ in range(20)]
    order: list[str] = []
    patient = Thread(lambda: (lock.acquire(10), order.append("got it"), lock.release()))
    impatient[0].join(5)  # now, while the others are giving up
    lock.release()
    for thread in (*impatient, patient):
        thread.join(5)
    assert order == ["got it"]


def test_every_change_of_the_holder_is_told() -> None:
    told: list[Holder | None] = []
    lock = WriteLock("x", tell=told.append)
    with acting_as("GET request"):
        rename("view cart.show")
        lock.acquire(1)
    lock.release()
    assert [holder.who if holder else None for holder in told] == ["view cart.show", None]


def test_a_name_does_not_outlive_its_block(lock: WriteLock) -> None:
    rename("a name for ever")
    assert actor().startswith("thread ")
    with acting_as("GET request"):
        rename("view cart.show")
        assert actor() == "view cart.show"
    assert actor().startswith("thread ")


def test_without_a_name_the_thread_is_named(lock: WriteLock) -> None:
    lock.acquire(1)
    assert lock.holder is not None
    assert lock.holder.who == f"thread {threading.current_thread().name}"


def test_waits_are_counted_into_buckets() -> None:
    waits = Waits()
    for seconds in (0.0005, 0.004, 0.3, 9.0):
        waits.note(seconds, "a", "b")
    report = waits.report()
    assert (report.waited, report.longest) == (4, 9.0)
    assert sum(report.histogram) == 4
    assert report.histogram[0] == 1
    assert report.histogram[BOUNDS.index(0.5)] == 1
    assert report.histogram[-1] == 1
    assert [slow.seconds for slow in report.slow] == [0.3, 9.0]
