"""What this process holds of a file for its whole life: an anchor, its turn to write, its sync.

The *anchor* is a connection that never writes and is never closed (design 3.2, rule 3). While it lives,
no other connection of this process is the last one, so nobody checkpoints on close and the `-wal` is
never unlinked under anybody; a short-lived command's neither. (pysqlite3 has no setting for
SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE.) At the end the kernel closes it, not SQLite.

The engine makes a holding with the first connection to a file. A forked child inherits none: it may
neither use nor close its parent's connections (https://sqlite.org/howtocorrupt.html, section 2.6).
"""

import atexit
import ctypes
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from bodega.databases import by_hand, holders, kernel, library, pragmas, slow_waits, space
from bodega.databases.connection import everyone
from bodega.databases.exits import Exit
from bodega.databases.layout import Role
from bodega.databases.naming import actor
from bodega.databases.opening import explained
from bodega.databases.pragmas import Durability
from bodega.databases.rescuing import rescue
from bodega.databases.syncing import GroupSync, SyncFailed
from bodega.databases.ties import Calm, FileReplaced, Tie
from bodega.databases.trust import CannotAcknowledge, Trust, trust
from bodega.databases.wal_file import WalFile
from bodega.databases.witness import Witness
from bodega.databases.writing import WriteLock

PATIENCE_SECONDS = 5.0  # for a turn to write; the busy_timeout of the pragma table


class Holding:
    """This process's hold on one file."""

    def __init__(
        self, path: Path, role: Role, durability: Durability, *, trusted: Trust = trust
    ) -> None:
        """Opens the anchor; the file is there afterwards.

        Raises sqlite3.Error, OSError, UnsafeLibrary.
        """
        library.refuse_second()
        self.path = path
        self.role = role
        self.durability = durability
        self.trust = trusted
        self.board = holders.Board(path)
        self.lock = WriteLock(path.name, tell=self.board.show)
        self.lock.waits.tell = partial(slow_waits.record, path)
        self.give_back = self.lock.release  # the turn
        self.wal = WalFile(path.with_name(f"{path.name}-wal"))
        with explained(path):
            self._anchor = _anchor(path, role, durability)
        self.is_short_of_space = False
        self.look_at_space()
        self._ties = {suffix: Tie.of(f"{path}{suffix}") for suffix in ("", "-wal", "-shm")}
        # Texts, made once: a Path costs more than looking at the file.
        self._tied = [(f"{path}{suffix}", self._ties[suffix]) for suffix in ("", "-shm")]
        self._calm = Calm(path.parent)
        self.wal.open()
        self._witness = Witness(path)
        self.version = self._witness.version  # moves with every commit anybody makes
        self.sync = GroupSync(self._sync, self.version, self.lock.has_queue)
        by_hand.forbid(path)
        by_hand.forbid(Path(f"{path}-shm"))
        # We have just been given them. If they are not seen now, they cannot be missed later.
        self.sees_its_locks = all(
            kernel.still_keeps_open(self.inode(suffix), suffix) for suffix in ("", "-shm")
        )

    def _sync(self) -> None:
        if complaint := self.wal.cut():
            raise FileReplaced(complaint)
        self.wal.sync()
        # After the sync, not before: a file that was pulled away *during* it must not count.
        if complaint := self._complaint():
            raise FileReplaced(complaint)

    def barrier(self) -> None:
        """Return when all that is visible in the file now survives a power cut.

        Raises CannotAcknowledge; trust is lost then and the process ends.
        """
        self.trust.check()
        if self.durability != "group":
            return  # full: visible means synced; normal: nobody was promised anything
        try:
            self.sync.wait_if_new()
        except (OSError, FileReplaced) as error:
            code = Exit.UNTIED if isinstance(error, FileReplaced) else Exit.UNSYNCED
            self.lose(str(error), code)
            raise CannotAcknowledge(str(error)) from error
        except SyncFailed as error:
            raise CannotAcknowledge(str(error)) from error

    def confirm_turn(self) -> None:
        """Before COMMIT: is the write lock still ours? Raises CannotAcknowledge; trust is lost."""
        if not self._witness.sees_our_write_lock():
            sentence = f"{self.path}: this process has lost its write lock inside a transaction"
            self.lose(sentence, Exit.UNTIED)
            raise CannotAcknowledge(sentence)

    def complaints(self) -> list[str]:
        """What is not as it was when the files were opened, a sentence each. For the watchdog."""
        log = self._ties["-wal"].complaint(self.wal.path)
        return self._complaints() or ([log] if log else [])

    def _complaint(self) -> str:
        """The first of them, as far as may be asked with every sync; "" when there is none."""
        look = self._calm.look()
        if self._calm.is_as_seen(look):
            return ""
        complaints = self._complaints()
        if not complaints:
            self._calm.keep(look)
        return next(iter(complaints), "")

    def _complaints(self) -> list[str]:
        """Without asking for the log's times (see there): a few µs."""
        told = (*(tie.complaint(path) for path, tie in self._tied), self.wal.complaint())
        return [complaint for complaint in told if complaint]

    def inode(self, suffix: str = "") -> int:
        """The inode of the database ("", "-wal", "-shm") that this process has open."""
        return self._ties[suffix].inode

    def lose(self, sentence: str, code: Exit) -> None:
        """Nothing is acknowledged from now on; what we have of the file is put into `salvage/`."""
        self.trust.lose(sentence, code, rescue=lambda: self._rescue(sentence))

    def _rescue(self, sentence: str) -> str:
        kept = rescue(self.path, self.wal.descriptor, self.inode(), sentence)
        return f"What it had is in {kept}: see `bodega salvage`."

    def take_turn(self) -> None:
        """Wait for the turn to write.

        Raises sqlite3.OperationalError that names who has it, or says that there is no space left.
        """
        if self.is_short_of_space:
            self.look_at_space()  # somebody may have cleared up in this second
        if self.is_short_of_space:
            raise _full(f"only {self.space.told()}, so nothing new is written")
        self.lock.acquire(PATIENCE_SECONDS)

    def look_at_space(self) -> None:
        """See whether there is still room for new writes."""
        with suppress(OSError):  # then the write itself will say what is wrong
            self.space = space.of(self.path)
            self.is_short_of_space = self.space.is_short

    def name_foreigner(self) -> str:
        """Which other process writes now, for people."""
        return holders.foreign_writer(self.path)

    def note_foreign_wait(self, seconds: float, holder: str, *, was_in_vain: bool) -> None:
        """A wait for another process has ended."""
        self.lock.waits.note(seconds, actor(), holder, was_in_vain=was_in_vain)

    def let_go(self) -> None:
        """Close the anchor after all: the file is about to be deleted (a test database)."""
        for suffix in ("", "-shm"):
            by_hand.permit(Path(f"{self.path}{suffix}"))
        self._anchor.close()
        self._witness.close()
        self.wal.close()
        self.board.close()

    def leave_to_the_kernel(self) -> None:
        """See to it that SQLite never closes the anchor: the end of the process does."""
        _immortalize(self._anchor)


def _full(sentence: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(f"database or disk is full: {sentence}")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.sqlite_errorname = "SQLITE_FULL"
    return error


_holdings: dict[Path, Holding] = {}
_mutex = threading.Lock()


def hold(path: Path, role: Role, durability: Durability) -> Holding:
    """This process's holding of a file, made when there is none. Raises sqlite3.Error."""
    found = _holdings.get(path)
    if found is not None:
        return found
    with _mutex:
        if path not in _holdings:
            try:
                _holdings[path] = Holding(path, role, durability)
            except OSError as error:
                raise sqlite3.OperationalError(f"unable to open database file: {error}") from error
        return _holdings[path]


def held(*roles: str) -> Iterator[Holding]:
    """The holdings of these roles; of all without a name."""
    return (each for each in list(_holdings.values()) if not roles or each.role in roles)


def let_go(path: Path) -> None:
    """Give up the holding of a file that is about to be deleted; harmless when there is none."""
    with _mutex:
        found = _holdings.pop(path, None)
    if found is not None:
        found.let_go()


def _anchor(path: Path, role: Role, durability: Durability) -> sqlite3.Connection:
    anchor: sqlite3.Connection = sqlite3.connect(
        str(path), isolation_level=None, check_same_thread=False
    )
    try:
        pragmas.apply(anchor, role, durability)
        # The first read takes the SHARED lock and opens `-wal` and `-shm`.
        anchor.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except sqlite3.Error:
        anchor.close()
        raise
    return anchor


def _immortalize(connection: sqlite3.Connection) -> None:
    """One reference too many: no finalizer and no interpreter's end closes it."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


_through_fork: list[sqlite3.Connection] = []


def _before_fork() -> None:
    _mutex.acquire()  # so that no other thread has it, in the child for ever
    # Now, not in the child: what belongs to other threads is gone there before any hook runs.
    _through_fork.extend(everyone)
    _through_fork.extend(holding._anchor for holding in held())


def _after_fork_in_parent() -> None:
    _through_fork.clear()
    _mutex.release()


def _after_fork_in_child() -> None:
    for connection in _through_fork:
        _immortalize(connection)
    _through_fork.clear()
    everyone.clear()
    for holding in _holdings.values():
        holding.board.forget()
    _holdings.clear()
    _mutex.release()


def _at_exit() -> None:
    try:
        for holding in held():
            # A command that ends well has said "done", and nobody can wait for the disk after it.
            holding.barrier()
            holding.leave_to_the_kernel()
    except CannotAcknowledge:
        os._exit(trust.exit_code(1))


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)
atexit.register(_at_exit)
