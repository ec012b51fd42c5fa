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
  created the `-wal`, and with NORMAL maybe never. `WalFile` does it when it opens the file.
* A failed sync is never repeated: the kernel reports an error once and marks the pages clean, so a
  second sync would succeed without having written anything (https://lwn.net/Articles/752063/). Our
  descriptor stays open for life because the kernel reports a write-back error to every descriptor that
  was open when it happened, also when another process's sync met it first.
"""

import os
import threading
from collections.abc import Callable
from enum import Enum
from itertools import pairwise
from pathlib import Path

from bodega.databases.ties import Tie
from bodega.lib.files import sync_directory

# Empty, or the magic number in either byte order of checksums (https://sqlite.org/walformat.html).
WAL_BEGINNINGS = (b"", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")


class WalFile:
    """An own descriptor on a `-wal`, for syncing. SQLite holds no locks on it, so this is safe."""

    def __init__(self, path: Path, fdatasync: Callable[[int], None] = os.fdatasync) -> None:
        """`fdatasync`: injected by tests that let the disk fail."""
        self.path = path
        self._fdatasync = fdatasync
        self.descriptor: int | None = None
        self._tie: Tie | None = None
        self._name = ""

    def open(self) -> None:
        """Open the file, once and early: a process that runs out of descriptors can still sync."""
        self.descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self._tie = Tie.of(self.descriptor)
        self._name = self._name_now()
        sync_directory(self.path.parent)

    def sync(self) -> None:
        """Make everything written so far durable. Raises OSError.

        One caller at a time: the leader of a `GroupSync`.
        """
        if self.descriptor is None:
            self.open()
        assert self.descriptor is not None
        self._fdatasync(self.descriptor)

    def complaint(self) -> str:
        """Why the file is not what it was, in a sentence without full stop; "" when it is.

        By the name the kernel has for it, not by stat: once somebody has asked for a file's times, the
        next write must store new ones (Linux 6.13, multigrain timestamps), and at each commit that made
        a sync of 140 µs one of 200. When the name has changed, stat says what has happened.
        """
        if self._tie is None:
            return ""  # not opened yet
        is_in_place = self._name and self._name_now() == self._name
        return ("" if is_in_place else self._tie.complaint(self.path)) or self.cut()

    def cut(self) -> str:
        """That the file was cut, in a sentence; "" when it begins as a `-wal` does.

        One that was cut, and then written to, does not.
        """
        if self.descriptor is None or os.pread(self.descriptor, 4, 0) in WAL_BEGINNINGS:
            return ""
        return f"{self.path} was cut while it was in use"

    def _name_now(self) -> str:
        """Its path, or that with " (deleted)" behind it; "" where there is no `/proc`."""
        try:
            return os.readlink(f"/proc/self/fd/{self.descriptor}")
        except OSError:
            return ""

    def close(self) -> None:
        """Give the descriptor back; the next sync opens the file again."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


class _Word(Enum):
    """What a waiting thread is told."""

    DONE = "covered by a sync that began after you came"
    LEAD = "nobody syncs; it is your turn"
    FAILED = "the sync failed"


class _Ticket:
    """A thread's place in the queue. A bare lock: a Condition would wake everybody each time.

    Those whom a sync covered are woken one by the other (`next`), not all at once: then they would fight
    for the interpreter's lock at every statement (8 context switches a commit instead of 3).
    """

    __slots__ = ("_lock", "next", "word")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self.next: _Ticket | None = None
        self.word = _Word.FAILED

    def wait(self) -> _Word:
        with self._lock:
            return self.word

    def tell(self, word: _Word) -> None:
        self.word = word
        self._lock.release()

    def wake_next(self) -> None:
        if self.next is not None:
            self.next.tell(_Word.DONE)


class SyncFailed(RuntimeError):
    """A sync failed earlier; this one was not tried."""


Version = bytes | int


class GroupSync:
    """Coalesces the syncs of one file. `count` says how many there were."""

    def __init__(
        self, sync: Callable[[], None], version: Callable[[], Version | None] = lambda: None
    ) -> None:
        """`sync` makes durable what was written before it began.

        `version`: what is another one with every commit anybody makes (`witness.Witness.version`);
        read before a sync, it says what that sync covers. None: not known, sync.
        """
        self._sync = sync
        self._version = version
        self._mutex = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._is_running = False
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
        with self._mutex:
            self._refuse_after_failure()
            if not self._is_running:
                self._is_running = True
                return _Word.LEAD
            ticket = _Ticket()
            self._waiting.append(ticket)
        try:
            word = ticket.wait()
        except BaseException:
            self._leave(ticket)
            raise
        ticket.wake_next()
        if word is _Word.FAILED:
            self._refuse_after_failure()
        return word

    def _leave(self, ticket: _Ticket) -> None:
        """Interrupted (Ctrl-C) while waiting: nobody may wait for us for ever."""
        with self._mutex:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                return
        if ticket.wait() is _Word.LEAD:  # told already, or covered by the sync that runs
            self._hand_over()
        ticket.wake_next()

    def _lead(self) -> None:
        with self._mutex:
            # Whoever is here came before the sync begins. Who comes from now on waits for the next.
            covered, self._waiting = self._waiting, []
        try:
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
        self._hand_over()  # first: the disk need not wait for those who wake up
        if covered:
            for ticket, following in pairwise(covered):
                ticket.next = following
            covered[0].tell(_Word.DONE)

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
