import signal
import sqlite3
import threading
from time import monotonic

import pytest

from bodega.databases.leases import is_held
from bodega.jobs import claim, liveness
from bodega.jobs.handle import queue
from bodega.jobs.models import Job
from bodega.jobs.models import Worker as Row
from bodega.jobs.worker import Worker, run_worker
from tests.jobs import tasks
from tests.jobs.engine import Engine
from tests.waiting import until

both = pytest.mark.django_db(transaction=True, databases=["queue"])


def all_done() -> bool:
    return not Job.objects.exclude(state="done").exists()


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def working(stop: threading.Event) -> threading.Thread:
    """A worker in a thread of this process, with two threads of its own."""
    return threading.Thread(target=run_worker, args=(stop,), kwargs={"grace": 5.0})


@both
def test_a_worker_runs_what_is_there_and_what_comes(
    stop: threading.Event, working: threading.Thread
) -> None:
    tasks.note.enqueue("before")
    working.start()
    until(lambda: tasks.DONE == ["before"])
    row = Row.objects.get()
    assert row.is_alive
    assert row.heartbeat_at is not None
    tasks.note.enqueue("after")
    until(all_done)
    stop.set()
    working.join()
    assert tasks.DONE == ["before", "after"]
    assert not Row.objects.exists()
    assert not row.is_alive
    assert row.heartbeat_at is None


@both
def test_an_idle_worker_only_reads(stop: threading.Event) -> None:
    worker = Worker()
    statements: list[str] = []
    queue().set_trace_callback(statements.append)
    worker._pulse.start("test")
    worker._look_around()
    assert not worker.do_one()
    worker._pulse.stop()
    queue().set_trace_callback(None)
    assert len(statements) == 2
    assert all(statement.startswith("SELECT") for statement in statements)


@both
def test_a_claim_is_for_as_many_as_are_idle() -> None:
    for number in range(3):
        tasks.note.enqueue(number)
    worker = Worker(threads=2)  # not started: nobody runs what is handed over
    assert worker.do_one()
    assert Job.objects.filter(state="running", owner=worker.id).count() == 2
    assert not worker.do_one()


@both
def test_a_thread_claims_its_next_job_itself_until_the_worker_stops() -> None:
    for number in range(3):
        tasks.note.enqueue(number)
    worker = Worker()
    worker.start()
    first, second = worker.next_job(), worker.next_job()
    assert first is not None
    assert second is not None
    assert [first.arguments, second.arguments] == [
        '{"args":[0],"kwargs":{}}',
        '{"args":[1],"kwargs":{}}',
    ]
    assert worker.stop(0, threading.Event()) == 0
    assert worker.next_job() is None, "what is still there is for another worker"
    assert Job.objects.filter(state="ready").count() == 1


@both
def test_a_queue_that_cannot_be_read_sends_the_thread_to_sleep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(*_: object) -> bool:
        raise sqlite3.OperationalError("database is locked")

    tasks.note.enqueue("later")
    worker = Worker()
    with monkeypatch.context() as trouble:
        trouble.setattr(claim, "is_any_due", locked)
        assert worker.next_job() is None
    assert worker.next_job() is not None


@both
def test_an_unknown_task_is_claimed_once_and_then_left_alone(
    stop: threading.Event, working: threading.Thread
) -> None:
    unknown = tasks.note.using(priority=9).enqueue("unknown")
    Job.objects.update(task="tests.jobs.tasks.of_tomorrow")
    working.start()
    until(lambda: Job.objects.get().attempts == 1)
    for number in range(5):
        tasks.note.enqueue(number)
    until(lambda: Job.objects.filter(state="done").count() == 5)
    stop.set()
    working.join()
    job = Job.objects.get(key=unknown.id)
    assert (job.state, job.attempts) == ("ready", 1)


@both
def test_a_transaction_left_open_does_not_swallow_the_ending(
    stop: threading.Event, working: threading.Thread
) -> None:
    tasks.forget_a_transaction.enqueue()
    tasks.note.enqueue("next")
    working.start()
    until(all_done)
    stop.set()
    working.join()
    assert tasks.DONE == ["next"]


@both
def test_an_ending_that_cannot_be_recorded_is_recorded_later(
    stop: threading.Event, working: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, trouble = claim.finish, iter([True, True])

    def full_disk(*args: object) -> bool:
        if next(trouble, False):
            raise sqlite3.OperationalError("database or disk is full")
        return finish(*args)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(claim, "finish", full_disk)
    monkeypatch.setattr("bodega.jobs.worker.AGAIN_SECONDS", 0.01)
    tasks.note.enqueue("once")
    working.start()
    until(all_done)
    stop.set()
    working.join()
    assert tasks.DONE == ["once"]


@both
def test_a_companion_that_fails_is_started_again(
    stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bodega.jobs.worker.AGAIN_SECONDS", 0.01)
    starts: list[int] = []

    def companion(stop: threading.Event) -> None:
        starts.append(1)
        if len(starts) == 2:
            stop.set()
        raise RuntimeError("trouble")

    assert run_worker(stop, companions=[companion]) == 0
    assert len(starts) == 2


@both
def test_a_worker_without_its_lock_file_ends(stop: threading.Event) -> None:
    worker = Worker()
    worker.start()
    liveness.bury(worker.id)
    with pytest.raises(liveness.LockLost, match="Leave the locks folder alone"):
        worker.work(stop)
    assert worker.stop(0, stop) == 0


@pytest.mark.process
def test_a_killed_workers_job_runs_again_within_a_second(engine: Engine) -> None:
    victim = engine.worker()
    key = engine.put("hold", str(engine.book))
    until(lambda: engine.lines("start"))
    engine.worker()
    killed = monotonic()
    victim.kill()
    until(lambda: len(engine.lines("start")) == 2)
    assert monotonic() - killed < 1.0
    engine.let_go()
    until(lambda: engine.job(key)["state"] == "done")
    job = engine.job(key)
    assert (job["attempts"], job["crashes"], job["failures"]) == (2, 1, 0)
    assert "WorkerDied" in job["errors"]
    assert len(engine.lines("end")) == 1
    until(lambda: len(engine.workers()) == 1)  # nothing is left of the dead one
    assert len(list((engine.volume / "locks").glob("worker-*"))) == 1


@pytest.mark.process
def test_a_restarted_worker_takes_its_own_past_over(engine: Engine) -> None:
    key = engine.put("die", str(engine.book))
    engine.worker().wait(timeout=20)
    engine.put("write_down", str(engine.book), "after")
    assert engine.job(key)["state"] == "running"
    engine.worker().wait(timeout=20)  # the first crash costs nothing: it takes this one along too
    engine.worker()
    until(lambda: engine.lines("after"))
    until(lambda: engine.job(key)["crashes"] == 2)
    assert engine.job(key)["state"] == "ready"  # but only in ten seconds
    assert len(engine.lines("dies")) == 2


@pytest.mark.process
def test_a_paused_worker_keeps_its_job(engine: Engine) -> None:
    paused = engine.worker()
    key = engine.put("hold", str(engine.book))
    until(lambda: engine.lines("start"))
    (name,) = engine.workers()
    paused.send_signal(signal.SIGSTOP)
    engine.worker()
    engine.put("write_down", str(engine.book), "other")
    until(lambda: engine.lines("other"))
    assert is_held(name, engine.volume)
    assert engine.job(key)["owner"] == name
    paused.send_signal(signal.SIGCONT)
    engine.let_go()
    until(lambda: engine.job(key)["state"] == "done")
    assert engine.job(key)["attempts"] == 1


@pytest.mark.process
def test_told_to_stop_it_finishes_what_it_holds_and_takes_nothing_new(engine: Engine) -> None:
    worker = engine.worker("--threads", "1")
    held = engine.put("hold", str(engine.book))
    until(lambda: engine.lines("start"))
    waiting = engine.put("write_down", str(engine.book), "more")
    worker.terminate()
    engine.let_go()
    assert worker.wait(timeout=10) == 0
    assert engine.job(held)["state"] == "done"
    assert engine.job(waiting)["state"] == "ready"
    assert engine.workers() == []


@pytest.mark.process
@pytest.mark.parametrize("words", [("--grace", "0.2"), ()], ids=["grace over", "told twice"])
def test_what_does_not_end_is_cut_and_run_again(engine: Engine, words: tuple[str, ...]) -> None:
    worker = engine.worker(*words)
    key = engine.put("hold", str(engine.book))
    until(lambda: engine.lines("start"))
    worker.terminate()
    if not words:
        until(lambda: not is_held("relay", engine.volume))  # it heard the first one
        worker.terminate()
    assert worker.wait(timeout=5) == 1
    assert engine.job(key)["state"] == "running"
    engine.let_go()
    engine.worker()
    until(lambda: engine.job(key)["state"] == "done")
    assert engine.job(key)["attempts"] == 2


@pytest.mark.process
def test_two_workers_never_run_the_same_job(engine: Engine) -> None:
    for number in range(60):
        engine.put("write_down", str(engine.book), f"job-{number}")
    engine.worker()
    engine.worker()
    until(lambda: engine.query("SELECT count(*) FROM jobs_job WHERE state = 'done'") == [(60,)])
    ran = [line.split()[0] for line in engine.lines()]
    assert sorted(ran) == sorted(f"job-{number}" for number in range(60))
    assert engine.query("SELECT max(attempts) FROM jobs_job") == [(1,)]


@pytest.mark.process
def test_the_scheduler_ticks_once_over_two_workers(engine: Engine) -> None:
    engine.worker(TESTS_TICK="1")
    engine.worker(TESTS_TICK="1")
    until(lambda: engine.query("SELECT count(*) >= 2 FROM jobs_job WHERE state='done'") == [(1,)])
    ticks = engine.query("SELECT key, attempts FROM jobs_job WHERE state = 'done'")
    assert len({key for key, _ in ticks}) == len(ticks)
    assert {attempts for _, attempts in ticks} == {1}
