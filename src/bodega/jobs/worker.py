"""A worker: one process that claims jobs for its idle threads, runs them and acknowledges them.

Every job runs at least once. The loop sleeps on the bell of the queue file and looks by itself four
times a second, which also finds delayed jobs that fell due and workers that died; looking reads, it
never opens a write transaction.
"""

import logging
import os
import select
import socket
import threading
from collections.abc import Callable, Sequence
from random import random as system_random
from time import monotonic

from django.conf import settings
from django.db import connections

from bodega.databases.doorbell import Waiter
from bodega.databases.durability import durable
from bodega.databases.naming import acting_as
from bodega.jobs import claim, running, takeover
from bodega.jobs.claim import Claimed, Scope
from bodega.jobs.crew import Crew
from bodega.jobs.handle import QUEUE_ERRORS
from bodega.jobs.liveness import Pulse
from bodega.jobs.retries import Random
from bodega.lib.clock import Clock, utc_now

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
BEAT_SECONDS = 5.0
AGAIN_SECONDS = 1.0
COMPANION_SECONDS = 2.0  # a relay that hangs is cut: what it did not mark it does again

# Something that works beside the jobs, in a thread of its own, until the event is set.
Companion = Callable[[threading.Event], None]
# Called now and then by the loop itself, with the number of running jobs: a sign that it turns.
Turn = Callable[[int], None]
TURN_SECONDS = 1.0


class Worker:
    """`threads` jobs at a time, of the `queues` named (none named: of all)."""

    def __init__(
        self,
        threads: int = 2,
        queues: Sequence[str] = (),
        *,
        clock: Clock = utc_now,
        random: Random = system_random,
        on_turn: Turn | None = None,
    ) -> None:
        self.threads = threads
        self._on_turn = on_turn
        self.queues = tuple(queues)
        self._clock = clock
        self._random = random
        self._unknown: set[str] = set()
        self._claiming = threading.Lock()
        self._pulse = Pulse()
        self._crew = Crew(threads, self.run_job, self.next_job)
        self._cut = threading.Event()
        self._stop = threading.Event()
        self._looked = self._beaten = self._turned = 0.0  # monotonic seconds

    @property
    def id(self) -> str:
        """Its name: of its row, of its lock file, and on every job it holds."""
        return self._pulse.worker

    def start(self) -> None:
        """Become visible: first the lock, then the row, so that nobody takes it for dead."""
        from bodega.jobs.models import Worker as Row

        release = getattr(settings, "RELEASE", "")
        self._pulse.start(release)
        Row.objects.create(
            id=self.id,
            release=release,
            host=socket.gethostname(),
            pid=os.getpid(),
            threads=self.threads,
            started_at=self._clock(),
        )
        self._crew.start()
        log.info("%s works on %d jobs at a time (release %s).", self.id, self.threads, release)

    def work(self, stop: threading.Event) -> None:
        """Turn the loop until `stop` is set; a database error is logged and tried again."""
        self._stop = stop
        with Waiter("queue") as bell:
            while not stop.is_set():
                self._show_turn()
                try:
                    self._look_around()
                    busy = self.do_one()
                except QUEUE_ERRORS:
                    log.exception("The queue cannot be used; looking again in a moment.")
                    busy = False
                if not busy:
                    self._sleep(bell)

    def _look_around(self) -> None:
        """Now and then: is another worker dead, and does everybody see that this one is not?"""
        now = monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            takeover.take_over_from_the_dead(self.id, self._clock())
        if now - self._beaten >= BEAT_SECONDS:
            self._beaten = now
            self._pulse.beat()

    def _show_turn(self) -> None:
        now = monotonic()
        if self._on_turn is not None and now - self._turned >= TURN_SECONDS:
            self._turned = now
            self._on_turn(self._crew.busy)

    def do_one(self) -> bool:
        """Claim due jobs for the idle threads and hand them over; False when there was nothing to do."""
        idle = self._crew.idle
        jobs = self._claim(idle) if idle else []
        for job in jobs:
            self._crew.hand_over(job)
        return bool(jobs)

    def next_job(self) -> Claimed | None:
        """Claim a job for a thread of the crew that has just ended one: without the loop, and without
        waking anybody, as long as there is work."""
        if self._stop.is_set():
            return None
        try:
            return next(iter(self._claim(1)), None)
        except QUEUE_ERRORS:  # the thread goes to sleep; the loop looks again, and tells of it
            return None

    def _claim(self, most: int) -> list[Claimed]:
        now = self._clock()
        with self._claiming:
            scope = Scope(self.queues, tuple(self._unknown))
            if not claim.is_any_due(now, scope):
                return []
            return claim.claim(self.id, most, now, scope)

    def run_job(self, job: Claimed) -> None:
        """In a thread of the crew: run the job, then record its ending however long that takes."""
        with acting_as(f"job {job.task}"):
            attempt = running.perform(job)
            _leave_no_transaction()
        if attempt.is_unknown:
            with self._claiming:  # or a claim that is under way takes the job again
                self._unknown.add(job.task)
        # "Done" in the queue must not reach the disk before what the job did in another file.
        durable("primary")
        while True:
            try:
                running.record(attempt, self._clock(), self._random)
                return
            except QUEUE_ERRORS:
                # It was run; not saying so would run it again. Full disk, long lock: somebody is on it.
                log.exception("The ending of job %s cannot be recorded; trying again.", job.key)
                if self._cut.wait(AGAIN_SECONDS):
                    return

    def stop(self, grace: float, cut: threading.Event) -> int:
        """Finish what is held, for at most `grace` seconds; how many jobs had to be abandoned.

        Abandoned jobs stay locked until this process ends, and are run again by another worker then:
        before, they would run twice at once.
        """
        from bodega.jobs.models import Worker as Row

        self._stop.set()
        abandoned = self._crew.finish(grace, cut)
        self._cut.set()
        self._crew.dismiss()
        if abandoned:
            log.error("%d jobs did not end in time; they will be run again.", abandoned)
            return abandoned
        Row.objects.filter(pk=self.id).delete()
        self._pulse.stop()
        log.info("%s has stopped; nothing was left behind.", self.id)
        return 0

    def _sleep(self, bell: Waiter) -> None:
        ears = [self._crew.fileno()]
        rung = bell.fileno()
        if rung is not None and self._crew.idle:
            ears.append(rung)
        ready, _, _ = select.select(ears, [], [], LOOK_SECONDS)
        if self._crew.fileno() in ready:
            self._crew.forget()
        if rung in ready:
            bell.drain()


def run_worker(
    stop: threading.Event,
    *,
    threads: int = 2,
    queues: Sequence[str] = (),
    companions: Sequence[Companion] = (),
    cut: threading.Event | None = None,
    grace: float = 20.0,
    on_turn: Turn | None = None,
) -> int:
    """Be a worker until `stop` is set; returns how many running jobs were abandoned (0: a clean end).

    Stops in two steps: no new work and `grace` seconds for what is held; then, or as soon as `cut` is
    set, it is abandoned: the caller must end the process, so that others can take it over.
    """
    worker = Worker(threads, queues, on_turn=on_turn)
    worker.start()
    beside = [
        threading.Thread(target=_accompany, args=(companion, stop), daemon=True)
        for companion in companions
    ]
    for thread in beside:
        thread.start()
    try:
        worker.work(stop)
    finally:
        stop.set()
        abandoned = worker.stop(grace, cut or threading.Event())
        for thread in beside:
            thread.join(COMPANION_SECONDS)
        connections.close_all()
    return abandoned


def _leave_no_transaction() -> None:
    """Roll back what a task left open: its job's ending would wait for a commit that never comes."""
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            connection.close()
            connection.connect()
        connection.close_if_unusable_or_obsolete()


def _accompany(companion: Companion, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            companion(stop)
        # Without relay and scheduler the worker would look alive and the shop would stand still.
        except Exception:
            log.exception("%s failed; it is started again.", companion.__module__)
            stop.wait(AGAIN_SECONDS)
