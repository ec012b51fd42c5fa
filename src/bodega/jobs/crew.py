"""The threads of a worker: each runs the job it is handed, then what more there is, and is idle."""

import logging
import os
import queue
import threading
from collections.abc import Callable
from time import monotonic

from django.db import connections

from bodega.jobs.claim import Claimed

log = logging.getLogger(__name__)


class Crew:
    """`size` threads around `run`. Daemons: a job that does not end cannot keep the process alive.

    `more`: the next job for a thread that has just ended one, or None. As long as there is one, nobody
    has to be woken.
    """

    def __init__(
        self,
        size: int,
        run: Callable[[Claimed], None],
        more: Callable[[], Claimed | None] = lambda: None,
    ) -> None:
        self._run = run
        self._more = more
        self._inbox: queue.SimpleQueue[Claimed | None] = queue.SimpleQueue()
        self._busy = 0
        self._changed = threading.Condition()
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        self._threads = [
            threading.Thread(target=self._work, name=f"job-{n}", daemon=True) for n in range(size)
        ]

    def start(self) -> None:
        """Let them wait for work."""
        for thread in self._threads:
            thread.start()

    @property
    def idle(self) -> int:
        """How many could take a job now."""
        return len(self._threads) - self._busy

    @property
    def busy(self) -> int:
        """How many run a job."""
        return self._busy

    def hand_over(self, job: Claimed) -> None:
        """Let an idle thread run a job."""
        with self._changed:
            self._busy += 1
        self._inbox.put(job)

    def fileno(self) -> int:
        """Readable when somebody became idle; `forget` empties it."""
        return self._reading

    def forget(self) -> None:
        """Forget who became idle so far; look at `idle`."""
        try:
            os.read(self._reading, 4096)
        except BlockingIOError:
            return

    def finish(self, seconds: float, cut: threading.Event) -> int:
        """Wait until nobody is busy, `cut` is set or the time is over; how many still are busy."""
        deadline = monotonic() + seconds
        with self._changed:
            while self._busy and not cut.is_set() and (left := deadline - monotonic()) > 0:
                self._changed.wait(min(left, 0.1))
            return self._busy

    def dismiss(self) -> None:
        """End the idle threads and close what belongs to them. The crew cannot be used again."""
        for _ in self._threads:
            self._inbox.put(None)
        if not self._busy:
            for thread in self._threads:
                thread.join()
            os.close(self._reading)
            os.close(self._writing)

    def _work(self) -> None:
        while (job := self._inbox.get()) is not None:
            self._work_on(job)
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()
            self._tell()
        connections.close_all()

    def _work_on(self, first: Claimed) -> None:
        job: Claimed | None = first
        while job is not None:
            try:
                self._run(job)
            # A thread must outlive every job; the job itself stays claimed and is seen in the admin.
            except Exception:
                log.exception("Running job %s failed in the worker itself.", job.key)
            job = self._more()

    def _tell(self) -> None:
        try:
            os.write(self._writing, b"!")
        except BlockingIOError:
            return  # the pipe is full of news already
