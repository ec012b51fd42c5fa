"""One sync for everybody who waits: the group fsync of design 3.2, rule 8.

Commits are made with synchronous=NORMAL: COMMIT returns when its frames are written to the `-wal`, not
when they are on the disk. Before anything is acknowledged, `wait` sees to it that they are. One thread
leads and syncs, those who come meanwhile wait, and the next sync covers all of them.

Why this is as good as synchronous=FULL:

* A commit is visible (its frames are in the wal-index) only after its frames were written with write().
  A sync that *starts* after that has to put them on the disk. So whoever waits for a sync that started
  after he came is safe, for what he wrote and for what he saw, whichever process wrote it: a sync is
  about the file, not about a descriptor.
* Recovery reads the `-wal` from its beginning to the last whole commit. A sync covers the file from its
  beginning, so everything before a durable commit is durable too (the prefix argument).
* The log starts again from its beginning only after a checkpoint has copied all of it: with
  synchronous=NORMAL SQLite syncs the `-wal` before it copies, the database after it, and the new header
  before a frame follows. So a commit whose frames are overwritten is in the synced database.
* The file's *name* must be durable as well: SQLite syncs the directory only through the descriptor that
  created the `-wal`, and with NORMAL maybe never. `wal_file.WalFile` does it when it opens it.
* A failed sync is never repeated: the kernel reports an error once and marks the pages clean, so a
  second sync would succeed without having written anything (https://lwn.net/Articles/752063/). Our
  descriptor stays open for life because the kernel reports a write-back error to every descriptor that
  was open when it happened, also when another process's sync met it first.

Those whom a sync covered are woken **one by one**, each when the one before has come back with its next
commit. Threads of one interpreter that are awake together cannot work together: they take its lock from
each other at every statement, which cost eight context switches a commit and twice the processor's time.
One that is woken alone commits undisturbed, and the next sync finds all of them waiting. The leader goes
last: when nothing moves for PATIENCE, the others have something else to do, and it wakes the rest.
`_Habit` remembers whether this pays in the program at hand; a lone thread never waits for anybody.
"""

import threading
from collections import deque
from collections.abc import Callable
from enum import Enum
from time import monotonic, sleep

PATIENCE = 0.001  # seconds for which the leader waits when nobody comes back
QUICK = 0.00025  # seconds from waking up to coming back, for those who do little but commit
GATHERING = 0.01  # seconds at most for which it waits for those who wait to write
GLANCE = 0.0002  # seconds between two looks at them


class _Word(Enum):
    """What a waiting thread is told."""

    DONE = "covered by a sync that began after you came"
    LEAD = "nobody syncs; it is your turn"
    FAILED = "the sync failed"


class _Ticket:
    """A thread's place in the queue. A bare lock: a Condition would wake everybody each time."""

    __slots__ = ("_lock", "thread", "word")

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self._lock = threading.Lock()
        self._lock.acquire()
        self.word = _Word.FAILED

    def wait(self) -> _Word:
        with self._lock:
            return self.word

    def is_told_within(self, seconds: float) -> bool:
        return self._lock.acquire(timeout=seconds)

    def tell(self, word: _Word) -> None:
        self.word = word
        self._lock.release()


class _Habit:
    """Do those who are released come back at once, so that it pays to do this one by one?

    After each time it did not, it is not tried for twice as many syncs as before.
    """

    MOST_DOUBLINGS = 8

    def __init__(self) -> None:
        self._misses = 0
        self._pause = 0

    def is_worth_a_try(self) -> bool:
        self._pause -= 1
        return self._pause < 0

    def note(self, *, paid: bool) -> None:
        self._misses = 0 if paid else min(self._misses + 1, self.MOST_DOUBLINGS)
        self._pause = 2**self._misses - 1


class SyncFailed(RuntimeError):
    """A sync failed earlier; this one was not tried."""


Version = bytes | int


class GroupSync:
    """Coalesces the syncs of one file. `count` says how many there were."""

    def __init__(
        self,
        sync: Callable[[], None],
        version: Callable[[], Version | None] = lambda: None,
        are_coming: Callable[[], bool] = lambda: False,
    ) -> None:
        """`sync` makes durable what was written before it began.

        `version`: what is another one with every commit anybody makes (`witness.Witness.version`);
        read before a sync, it says what that sync covers. None: not known, sync. `are_coming`: whether
        threads of this process wait to write; they will be here soon.
        """
        self._sync = sync
        self._version = version
        self._are_coming = are_coming
        self._mutex = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._wave: deque[_Ticket] = deque()  # covered, and still asleep; the leader comes last
        self._expected = 0  # the thread of the wave that was woken last
        self._is_running = False  # a sync, or the wave behind it
        self._habit = _Habit()
        self._failure: Exception | None = None
        self.covered: Version | None = None
        self.count = 0

    def wait_if_new(self) -> bool:
        """Like `wait`, but returns at once (False) when nothing was committed since the last sync.

        Exact: if the version is what it was before that sync began, then whatever is visible now was
        visible, hence written, before it began.
        """
        if self._failure is None and self.covered is not None and self._version() == self.covered:
            return False
        self.wait()
        return True

    def wait(self) -> None:
        """Return after a sync that began after this call did. Raises what the sync raised, once it
        has failed SyncFailed."""
        if self._ticket_word() is _Word.LEAD:
            self._lead()

    def _ticket_word(self) -> _Word:
        ticket = None
        with self._mutex:
            self._refuse_after_failure()
            following = self._next_of_wave()
            if self._is_running:
                ticket = _Ticket()
                self._waiting.append(ticket)
            self._is_running = True
        if following is not None:
            following.tell(_Word.DONE)  # we go to sleep or to the disk; its turn to run
        return _Word.LEAD if ticket is None else self._wait_with(ticket)

    def _wait_with(self, ticket: _Ticket) -> _Word:
        try:
            word = ticket.wait()
        except BaseException:
            self._leave(ticket)
            raise
        if word is _Word.FAILED:
            self._refuse_after_failure()
        return word

    def _leave(self, ticket: _Ticket) -> None:
        """Interrupted (Ctrl-C) while waiting: nobody may wait for us for ever."""
        with self._mutex:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                return
        if ticket.wait() is _Word.LEAD:  # covered by now, or told to lead
            self._hand_over()

    def _lead(self) -> None:
        covered: list[_Ticket] = []
        try:
            if together := self._habit.is_worth_a_try():
                self._gather()
            with self._mutex:
                # Whoever is here came before the sync begins. Who comes now waits for the next.
                covered, self._waiting = self._waiting, []
            version = self._version()
            self._sync()
        except Exception as error:
            self._fail(error, covered)
            raise
        except BaseException:
            # Interrupted (Ctrl-C), not failed: nobody was served, somebody else leads.
            with self._mutex:
                self._waiting = covered + self._waiting
            self._hand_over()
            raise
        self.covered = version
        self.count += 1
        self._release(covered, together)

    def _gather(self) -> None:
        """Let those come along who wait to write. When all keep together nobody does at this time;
        this is how a crowd begins to."""
        deadline = monotonic() + GATHERING
        while self._are_coming() and monotonic() < deadline:
            sleep(GLANCE)

    def _release(self, covered: list[_Ticket], together: bool) -> None:
        """Wake those whom our sync covered; `together`: one by one."""
        if not covered or not together:
            if together:
                self._habit.note(paid=False)
            self._hand_over()  # first: the disk need not wait for those who wake up
            for ticket in covered:
                ticket.tell(_Word.DONE)
            return
        mine = _Ticket()
        with self._mutex:
            self._wave.extend((*covered, mine))
            self._expected = mine.thread
        self._go_last(mine)

    def _go_last(self, mine: _Ticket) -> None:
        """Return when all the others have come back; wake them when nothing moves any more."""
        began, count, came_back = monotonic(), len(self._wave), False
        try:
            left = self._wake_next()
            while not mine.is_told_within(PATIENCE):
                with self._mutex:
                    before, left = left, len(self._wave)
                if left == before:
                    return
            came_back = True
        finally:
            self._habit.note(paid=came_back and monotonic() - began < count * QUICK)
            self._wake_rest(mine)

    def _wake_next(self) -> int:
        with self._mutex:
            following, left = self._next_of_wave(), len(self._wave)
        if following is not None:
            following.tell(_Word.DONE)
        return left

    def _wake_rest(self, mine: _Ticket) -> None:
        with self._mutex:
            if mine not in self._wave:  # told in the last moment
                return
            rest = list(self._wave)
            self._wave.clear()
        self._hand_over()
        for ticket in rest:
            ticket.tell(_Word.DONE)

    def _next_of_wave(self) -> _Ticket | None:
        """Who is to be woken when this thread comes; nobody, unless it is the one that was last."""
        if not self._wave or self._expected != threading.get_ident():
            return None
        following = self._wave.popleft()
        self._expected = following.thread
        self._is_running = bool(self._wave)  # behind the last of them the next sync may begin
        return following

    def _hand_over(self) -> None:
        with self._mutex:
            self._is_running = bool(self._waiting)
            heir = self._waiting.pop(0) if self._waiting else None
        if heir is not None:
            heir.tell(_Word.LEAD)

    def _fail(self, error: Exception, covered: list[_Ticket]) -> None:
        with self._mutex:
            self._failure = error
            refused = covered + self._waiting
            self._waiting = []
        for ticket in refused:
            ticket.tell(_Word.FAILED)

    def _refuse_after_failure(self) -> None:
        if self._failure is not None:
            raise SyncFailed(f"an earlier sync failed: {self._failure}") from self._failure
