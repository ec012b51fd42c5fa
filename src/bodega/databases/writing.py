"""Whose turn it is to write: one fair lock per file and process, in front of BEGIN IMMEDIATE.

SQLite lets one writer in at a time; its busy handler sleeps up to 100 ms and lets anybody in who comes
along meanwhile, so that at 16 threads a single commit took seconds (design 3.2, rule 7). Here threads
queue up. Between processes SQLite's own lock decides, and only one thread of each competes for it.

Fair, but not stubborn: handing the lock to a sleeping thread leaves it idle until that thread runs, so
whoever is awake may go first, until the head of the queue has waited PATIENCE seconds; then it is handed
over (the same rule as Go's sync.Mutex).
"""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from bodega.databases.naming import actor
from bodega.databases.waits import SLOW_SECONDS, Waits

log = logging.getLogger(__name__)

PATIENCE = 0.005  # seconds at the head of the queue before nobody may pass any more


class Holder(NamedTuple):
    """Who writes, on which thread, since when (monotonic seconds)."""

    who: str
    thread: int
    since: float

    def described(self, now: float) -> str:
        """For people: "job orders.mails.send for 5.1 s, in this process"."""
        return f"{self.who} for {now - self.since:.1f} s, in this process"


class _Waiter:
    """A thread in the queue. It is either given the lock, or only woken to try again."""

    __slots__ = ("_bell", "is_served", "since", "thread", "who")

    def __init__(self, who: str, since: float) -> None:
        self.who = who
        self.thread = threading.get_ident()
        self.since = since
        self.is_served = False
        self._bell = threading.Lock()
        self._bell.acquire()

    def sleep(self, seconds: float) -> bool:
        return self._bell.acquire(timeout=max(0.0, seconds))

    def wake(self) -> None:
        if self._bell.locked():  # not woken already; every waker has the mutex
            self._bell.release()


class WriteLock:
    """The turn to write to one file. Not reentrant."""

    def __init__(
        self,
        name: str,
        *,
        tell: Callable[[Holder | None], None] = lambda _: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`name`: the file, for messages. `tell`: hears of every change of the holder."""
        self.name = name
        self.waits = Waits()
        self.holder: Holder | None = None
        self._tell = tell
        self._clock = clock
        self._queue: deque[_Waiter] = deque()
        self._mutex = threading.Lock()

    def acquire(self, patience: float) -> None:
        """Wait for the turn, at most `patience` seconds.

        Raises sqlite3.OperationalError ("database is locked: …", SQLITE_BUSY) that names the holder; at
        once when this very thread holds it through another connection, which waiting cannot end.
        """
        who, thread, now = actor(), threading.get_ident(), self._clock()
        with self._mutex:
            self.waits.turns += 1
            if self.holder is None and not (self._queue and self._must_queue(now)):
                self.holder = holder = Holder(who, thread, now)
                self._tell(holder)
                return
            if self.holder is not None and self.holder.thread == thread:
                raise locked(
                    f"{self.name} is being written to by {self.holder.who} on this very thread, "
                    "through another connection"
                )
            waiter = _Waiter(who, now)
            self._queue.append(waiter)
        self._wait(waiter, patience)

    def release(self) -> None:
        """End the turn; the next in the queue is woken, or given the lock when it waited too long."""
        with self._mutex:
            self.holder = None
            if not self._queue:
                self._tell(None)
            elif self._must_queue(now := self._clock()):
                self._serve_first(now).wake()
            else:
                self._queue[0].wake()

    @property
    def queue_length(self) -> int:
        """How many threads wait."""
        return len(self._queue)

    def has_queue(self) -> bool:
        """Whether somebody waits."""
        return bool(self._queue)

    def _must_queue(self, now: float) -> bool:
        return bool(self._queue) and now - self._queue[0].since > PATIENCE

    def _serve_first(self, now: float) -> _Waiter:
        waiter = self._queue.popleft()
        waiter.is_served = True
        self.holder = Holder(waiter.who, waiter.thread, now)
        self._tell(self.holder)
        return waiter

    def _wait(self, waiter: _Waiter, patience: float) -> None:
        deadline = waiter.since + patience
        slow = waiter.since + min(SLOW_SECONDS, patience)
        in_the_way = self._in_the_way()
        while True:
            now = self._clock()
            woken = waiter.sleep((slow if now < slow else deadline) - now)
            now = self._clock()
            if self._try(waiter, now):
                self.waits.note(now - waiter.since, waiter.who, in_the_way)
                return
            if now >= deadline:
                break
            if not woken and now >= slow:
                in_the_way = self._in_the_way()
                self._warn(waiter, in_the_way)
        self._give_up(waiter, patience)

    def _try(self, waiter: _Waiter, now: float) -> bool:
        with self._mutex:
            if not waiter.is_served and self.holder is None and self._queue[0] is waiter:
                self._serve_first(now)
            return waiter.is_served

    def _give_up(self, waiter: _Waiter, patience: float) -> None:
        in_the_way = self._in_the_way()
        with self._mutex:
            if waiter.is_served:  # in the last moment
                return
            self._queue.remove(waiter)
            if self.holder is None and self._queue:
                self._queue[0].wake()  # our own waking may have been meant for the head
        self.waits.note(patience, waiter.who, in_the_way, was_in_vain=True)
        raise locked(f"{self.name} is held by {in_the_way}; {waiter.who} waited {patience:g} s")

    def _in_the_way(self) -> str:
        holder = self.holder
        return holder.described(self._clock()) if holder else "nobody for long: many writers"

    def _warn(self, waiter: _Waiter, in_the_way: str) -> None:
        log.warning(
            "%s waits for its turn to write to %s, which is held by %s.",
            *(waiter.who, self.name, in_the_way),
        )


def locked(sentence: str) -> sqlite3.OperationalError:
    """The error of a turn that did not come, as SQLite itself would raise it."""
    error = sqlite3.OperationalError(f"database is locked: {sentence}")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    error.sqlite_errorname = "SQLITE_BUSY"
    return error
