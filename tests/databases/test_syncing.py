"""The group fsync: nobody is released before a sync that began after he came; one failure is final."""

import os
import random
import tempfile
import threading
from collections.abc import Callable
from functools import partial

import pytest

from bodega.databases import syncing
from bodega.databases.syncing import GroupSync, SyncFailed
from tests.waiting import until


class SlowDisk:
    """A disk whose syncs the test lets go; what was written before a sync began is durable after it."""

    def __init__(self) -> None:
        self.written = 0
        self.durable = 0
        self.begun = 0
        self.may_end = threading.Semaphore(0)
        self.error: BaseException | None = None

    def sync(self) -> None:
        covered = self.written  # what a real fdatasync is bound to take along
        self.begun += 1
        assert self.may_end.acquire(timeout=10)
        if self.error is not None:
            raise self.error
        self.durable = covered


class Thread(threading.Thread):
    """Runs `work` and keeps what it raised."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.work()
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.error = error


def queued(group: GroupSync, count: int) -> None:
    until(lambda: len(group._waiting) == count)


def test_one_sync_serves_everybody_who_came_before_it() -> None:
    disk = SlowDisk()
    group = GroupSync(disk.sync)
    first = Thread(group.wait)
    until(lambda: disk.begun == 1)
    others = [Thread(group.wait) for _ in range(9)]
    queued(group, 9)
    disk.may_end.release()
    first.join(5)
    until(lambda: disk.begun == 2)
    assert all(thread.is_alive() for thread in others)  # the first sync began before they came
    disk.may_end.release()
    for thread in others:
        thread.join(5)
    assert group.count == 2


def test_who_comes_during_a_sync_is_not_served_by_it() -> None:
    disk = SlowDisk()
    group = GroupSync(disk.sync)
    early = Thread(group.wait)
    until(lambda: disk.begun == 1)
    disk.written = 1
    late = Thread(group.wait)
    queued(group, 1)
    disk.may_end.release()
    early.join(5)
    until(lambda: disk.begun == 2)
    assert late.is_alive()
    assert disk.durable == 0
    disk.may_end.release()
    late.join(5)
    assert disk.durable == 1


def hammer(sync_of: Callable[[Callable[[], None]], Callable[[], object]], seed: int) -> int:
    """Eight threads commit and wait against a disk of random speed; how many were released too early."""
    chance = random.Random(seed)
    written = durable = 0
    mutex = threading.Lock()
    early = []
    file, name = tempfile.mkstemp()

    def sync() -> None:
        nonlocal durable
        with mutex:
            covered = written
        for _ in range(chance.randrange(20)):
            os.fdatasync(file)  # some time, without the interpreter's lock
        durable = max(durable, covered)

    wait = sync_of(sync)

    def buyer() -> None:
        nonlocal written
        for _ in range(60):
            with mutex:
                written += 1
                mine = written
            wait()
            if durable < mine:
                early.append(mine)

    threads = [Thread(buyer) for _ in range(8)]
    for thread in threads:
        thread.join(30)
        assert thread.error is None
    os.close(file)
    os.unlink(name)
    return len(early)


@pytest.mark.parametrize("seed", range(8))
def test_nobody_is_ever_released_before_what_he_wrote_is_durable(seed: int) -> None:
    assert hammer(lambda sync: GroupSync(sync).wait, seed) == 0


def test_the_hammer_finds_a_barrier_that_trusts_a_sync_under_way() -> None:
    def careless(sync: Callable[[], None]) -> Callable[[], object]:
        """The classic mistake: somebody syncs already, so I only wait for him."""
        mutex = threading.Lock()
        done = threading.Condition()

        def wait() -> None:
            if mutex.acquire(blocking=False):
                sync()
                mutex.release()
                with done:
                    done.notify_all()
            else:
                with done:
                    done.wait(0.01)

        return wait

    assert hammer(careless, 0) > 0


def test_nothing_new_means_no_sync() -> None:
    version = [1]
    group = GroupSync(lambda: None, lambda: version[0])
    assert group.wait_if_new() is True
    assert group.wait_if_new() is False
    assert group.count == 1
    version[0] = 2
    assert group.wait_if_new() is True
    assert group.count == 2


def test_a_commit_during_the_sync_is_new_afterwards() -> None:
    version = [1]

    def sync() -> None:
        version[0] += 1  # somebody commits while the disk works

    group = GroupSync(sync, lambda: version[0])
    group.wait()
    assert group.covered == 1
    assert group.wait_if_new() is True


def test_a_version_that_cannot_be_told_is_never_taken_for_old() -> None:
    group = GroupSync(lambda: None, lambda: None)
    assert [group.wait_if_new(), group.wait_if_new()] == [True, True]
    assert group.count == 2


def test_a_failed_sync_fails_everybody_and_is_never_tried_again() -> None:
    disk = SlowDisk()
    group = GroupSync(disk.sync, lambda: 7)
    leader = Thread(group.wait)
    until(lambda: disk.begun == 1)
    followers = [Thread(group.wait) for _ in range(3)]
    queued(group, 3)
    disk.error = OSError(5, "Input/output error")
    disk.may_end.release(10)
    for thread in (leader, *followers):
        thread.join(5)
    assert isinstance(leader.error, OSError)
    assert [type(thread.error) for thread in followers] == [SyncFailed] * 3
    disk.error = None  # the kernel would report success now, having written nothing
    with pytest.raises(SyncFailed, match="Input/output error"):
        group.wait()
    with pytest.raises(SyncFailed):
        group.wait_if_new()
    assert disk.begun == 1


def test_an_interrupted_leader_hands_over_and_nobody_is_lost() -> None:
    disk = SlowDisk()
    group = GroupSync(disk.sync)
    disk.error = KeyboardInterrupt()
    leader = Thread(group.wait)
    until(lambda: disk.begun == 1)
    follower = Thread(group.wait)
    queued(group, 1)
    disk.may_end.release()
    leader.join(5)
    assert isinstance(leader.error, KeyboardInterrupt)
    disk.error = None
    disk.may_end.release()
    follower.join(5)
    assert follower.error is None
    assert group.count == 1


@pytest.mark.parametrize("place", [0, 1], ids=["the heir", "a follower"])
def test_an_interrupted_waiter_leaves_nobody_behind(
    monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    disk = SlowDisk()
    group = GroupSync(disk.sync)
    leader = Thread(group.wait)
    until(lambda: disk.begun == 1)
    wait = syncing._Ticket.wait
    interrupted: list[syncing._Ticket] = []
    may_interrupt = threading.Event()

    def interruptible(ticket: syncing._Ticket) -> syncing._Word:
        if not interrupted and len(group._waiting) == place + 1:
            interrupted.append(ticket)
            assert may_interrupt.wait(10)
            raise KeyboardInterrupt
        return wait(ticket)

    monkeypatch.setattr(syncing._Ticket, "wait", interruptible)
    threads = []
    for count in range(1, 5):
        threads.append(Thread(group.wait))
        queued(group, count)
    until(lambda: interrupted)
    disk.may_end.release(10)
    leader.join(5)
    may_interrupt.set()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    unharmed = [thread.error for thread in threads if thread is not threads[place]]
    assert unharmed == [None] * 3
    assert isinstance(threads[place].error, KeyboardInterrupt)


def test_who_is_interrupted_before_a_sync_covers_him_is_taken_off_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = SlowDisk()
    group = GroupSync(disk.sync)
    leader = Thread(group.wait)
    until(lambda: disk.begun == 1)

    def interrupted(ticket: syncing._Ticket) -> syncing._Word:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(syncing._Ticket, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            group.wait()
    assert group._waiting == []
    disk.may_end.release(10)
    leader.join(5)
    group.wait()
    assert disk.begun == 2


@pytest.fixture
def always_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was covered is woken one by one, whether it has paid or not."""
    monkeypatch.setattr(syncing._Habit, "MOST_DOUBLINGS", 0)


class Crew:
    """Three threads whom a sync has just covered, and that come back when they are told to.

    The one that came first led it.
    """

    def __init__(self, group: GroupSync, disk: SlowDisk) -> None:
        self.group = group
        self.disk = disk
        self.woken: list[int] = []
        self.may_come = [threading.Event() for _ in range(3)]
        self.threads = []
        opener = Thread(group.wait)
        until(lambda: disk.begun == 1)
        for number in range(3):
            self.threads.append(Thread(partial(self.be, number)))
            queued(group, number + 1)
        disk.may_end.release()
        opener.join(5)
        until(lambda: disk.begun == 2)
        disk.may_end.release()

    def be(self, number: int) -> None:
        self.group.wait()
        self.woken.append(number)
        assert self.may_come[number].wait(10)
        self.group.wait()

    def go_home(self) -> None:
        for event in self.may_come:
            event.set()
        self.disk.may_end.release(10)
        for thread in self.threads:
            thread.join(5)
            assert thread.error is None
            assert not thread.is_alive()


@pytest.mark.usefixtures("always_together")
def test_each_is_woken_when_the_one_before_has_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncing, "PATIENCE", 10)
    disk = SlowDisk()
    crew = Crew(GroupSync(disk.sync), disk)
    until(lambda: crew.woken == [1])
    crew.may_come[1].set()
    until(lambda: crew.woken == [1, 2])
    assert disk.begun == 2  # 1 waits for the sync that will cover 2 as well
    crew.may_come[2].set()
    until(lambda: crew.woken == [1, 2, 0])  # the leader is the last
    until(lambda: disk.begun == 3)
    monkeypatch.undo()
    crew.go_home()


@pytest.mark.usefixtures("always_together")
def test_a_stranger_who_comes_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncing, "PATIENCE", 10)
    disk = SlowDisk()
    crew = Crew(GroupSync(disk.sync), disk)
    until(lambda: crew.woken == [1])
    stranger = Thread(crew.group.wait)
    queued(crew.group, 1)
    assert len(crew.group._wave) == 2
    monkeypatch.undo()
    crew.go_home()
    stranger.join(5)
    assert stranger.error is None


@pytest.mark.usefixtures("always_together")
def test_who_does_not_come_back_is_not_waited_for() -> None:
    disk = SlowDisk()
    crew = Crew(GroupSync(disk.sync), disk)
    until(lambda: sorted(crew.woken) == [0, 1, 2])
    assert disk.begun == 2
    crew.go_home()


@pytest.mark.usefixtures("always_together")
def test_a_leader_who_is_interrupted_while_it_goes_last_wakes_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(ticket: syncing._Ticket, seconds: float) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(syncing._Ticket, "is_told_within", interrupted)
    disk = SlowDisk()
    crew = Crew(GroupSync(disk.sync), disk)
    until(lambda: sorted(crew.woken) == [1, 2])
    leader = crew.threads.pop(0)
    leader.join(5)
    assert isinstance(leader.error, KeyboardInterrupt)
    crew.go_home()


def test_one_by_one_is_tried_less_and_less_while_it_does_not_pay() -> None:
    habit = syncing._Habit()
    tries = []
    for sync in range(1100):
        if habit.is_worth_a_try():
            tries.append(sync)
            habit.note(paid=False)
    assert tries == [0, 2, 6, 14, 30, 62, 126, 254, 510, 766, 1022]
    while not habit.is_worth_a_try():
        pass
    habit.note(paid=True)
    assert [habit.is_worth_a_try() for _ in range(3)] == [True] * 3


@pytest.mark.parametrize(("quick", "paid"), [(60, True), (0, False)], ids=["quickly", "slowly"])
def test_it_pays_when_they_come_back_quickly(
    monkeypatch: pytest.MonkeyPatch, quick: float, paid: bool
) -> None:
    monkeypatch.setattr(syncing._Habit, "MOST_DOUBLINGS", 0)
    monkeypatch.setattr(syncing, "PATIENCE", 10)
    monkeypatch.setattr(syncing, "QUICK", quick)
    disk = SlowDisk()
    crew = Crew(GroupSync(disk.sync), disk)
    told: list[bool] = []
    monkeypatch.setattr(crew.group._habit, "note", lambda paid: told.append(paid))
    for number in (1, 2):
        until(partial(crew.woken.__contains__, number))
        crew.may_come[number].set()
    until(lambda: told)
    assert told == [paid]
    monkeypatch.undo()
    crew.go_home()


def test_the_sync_begins_when_nobody_waits_to_write_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(syncing, "GATHERING", 10)
    coming = [True, True, True, False]
    left_at_sync: list[int] = []
    group = GroupSync(lambda: left_at_sync.append(len(coming)), are_coming=lambda: coming.pop(0))
    group.wait()
    assert left_at_sync == [0]


def test_a_queue_of_writers_that_does_not_move_is_not_waited_for() -> None:
    group = GroupSync(lambda: None, are_coming=lambda: True)
    group.wait()
    assert group.count == 1


def test_who_is_interrupted_while_others_gather_lets_the_next_lead() -> None:
    def interrupted() -> bool:
        raise KeyboardInterrupt

    group = GroupSync(lambda: None, are_coming=interrupted)
    with pytest.raises(KeyboardInterrupt):
        group.wait()
    group._are_coming = lambda: False
    group.wait()
    assert group.count == 1
