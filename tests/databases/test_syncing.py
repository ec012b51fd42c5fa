"""The group fsync: nobody is released before a sync that began after he came; one failure is final."""

import os
import random
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bodega.databases import syncing
from bodega.databases.syncing import GroupSync, SyncFailed, WalFile
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


def a_wal(tmp_path: Path) -> WalFile:
    (tmp_path / "primary.sqlite3-wal").write_bytes(syncing.WAL_BEGINNINGS[1] + bytes(28))
    wal = WalFile(tmp_path / "primary.sqlite3-wal")
    wal.open()
    return wal


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.rename(path)


def move_away_and_copy_back(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))
    shutil.copytree(path.parent.with_name("elsewhere"), path.parent)


FAULTS: dict[str, Callable[[Path], object]] = {
    "was deleted": Path.unlink,
    "was replaced": replace,
    "was replaced by another file": move_away_and_copy_back,
    "was cut": lambda path: path.write_bytes(b"no log"),
}


@pytest.mark.parametrize("has_proc", [True, False], ids=["by its name", "without /proc"])
@pytest.mark.parametrize("said", FAULTS)
def test_what_happened_to_the_wal_is_told(
    tmp_path: Path, said: str, has_proc: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_proc:
        monkeypatch.setattr(WalFile, "_name_now", lambda wal: "")
    (tmp_path / "volume").mkdir()
    wal = a_wal(tmp_path / "volume")
    assert wal.complaint() == ""
    FAULTS[said](wal.path)
    assert said in wal.complaint()
    wal.close()


def test_a_volume_that_is_only_renamed_and_reached_by_its_old_name_is_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "volume").mkdir()
    wal = a_wal(tmp_path / "volume")
    (tmp_path / "volume").rename(tmp_path / "elsewhere")
    (tmp_path / "volume").symlink_to(tmp_path / "elsewhere")
    assert wal.complaint() == ""
    wal.close()


def test_asking_about_the_wal_leaves_its_times_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wal = a_wal(tmp_path)
    asked = []
    monkeypatch.setattr(os, "stat", lambda path, **_: asked.append(path))
    assert wal.complaint() == ""
    assert asked == []
    wal.close()


def test_the_wal_is_synced_through_one_descriptor_for_life(tmp_path: Path) -> None:
    path = tmp_path / "primary.sqlite3-wal"
    path.write_bytes(b"frames")
    synced: list[int] = []
    wal = WalFile(path, synced.append)
    wal.sync()
    wal.sync()
    assert len(set(synced)) == 1
    assert os.fstat(synced[0]).st_ino == path.stat().st_ino
    wal.close()


def test_the_name_of_the_wal_is_made_durable_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directories: list[Path] = []
    monkeypatch.setattr("bodega.databases.syncing.sync_directory", directories.append)
    path = tmp_path / "x-wal"
    path.touch()
    wal = WalFile(path)
    wal.sync()
    wal.sync()
    assert directories == [tmp_path]
    wal.close()
