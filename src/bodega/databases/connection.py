"""A connection that takes its turn: every write of a file's connections goes through its write lock.

Python's own hook for that is the cursor: `Connection.execute` and Django's cursors both end here. A
statement is looked at by its first word only, which costs a fraction of a microsecond. What that misses
(WITH … INSERT in autocommit, a savepoint outside a transaction) meets SQLite's lock without a place in
the queue: less fair, equally safe.
"""

import logging
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Protocol
from weakref import WeakSet, ref

from bodega.databases.naming import actor
from bodega.databases.waits import SLOW_SECONDS
from bodega.databases.writing import locked

log = logging.getLogger(__name__)

EAGER_TRIES = 4
EAGER_PAUSE = 0.0005  # seconds
PAUSE = 0.002
READS_KEPT = 100  # cursors of a connection; then those that are gone are forgotten

IS_WRITE = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|BEGIN\s+(?:IMMEDIATE|EXCLUSIVE)"
    r"|CREATE|ALTER|DROP|ANALYZE|REINDEX|VACUUM(?!\s+(?:\w+\s+)?INTO))\b",
    re.IGNORECASE,
).match


IS_COMMIT = re.compile(r"\s*(?:COMMIT|END)\b", re.IGNORECASE).match

_execute = (
    sqlite3.Cursor.execute
)  # found without `super()`: every statement of the shop goes this way


class Turns(Protocol):
    """What a connection asks for its turn to write: a `holdings.Holding`."""

    def take_turn(self) -> None:
        """Wait for the turn. Raises sqlite3.OperationalError."""

    def give_back(self) -> None:
        """End the turn."""

    def confirm_turn(self) -> None:
        """Before COMMIT: is SQLite's write lock still ours? Raises CannotAcknowledge."""

    def name_foreigner(self) -> str:
        """Who outside this process is in the way, for people."""

    def note_foreign_wait(self, seconds: float, holder: str, *, was_in_vain: bool) -> None:
        """A wait for another process has ended."""


everyone: "WeakSet[Connection]" = WeakSet()


class Connection(sqlite3.Connection):
    """A DB-API connection with a place in the queue of writers. `turns` None: without one."""

    turns: Turns | None = None
    has_turn = False
    busy: "_Patience | None" = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._reads: dict[ref[sqlite3.Cursor], tuple[float, str]] = {}
        everyone.add(self)

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or Cursor)

    def note_read(self, cursor: sqlite3.Cursor) -> None:
        """A SELECT begins."""
        if len(self._reads) > READS_KEPT:
            self._reads = {key: value for key, value in self._reads.items() if key() is not None}
        self._reads[ref(cursor)] = (monotonic(), actor())

    def forget_read(self, cursor: sqlite3.Cursor) -> None:
        """The cursor was closed."""
        if self._reads:
            self._reads.pop(ref(cursor), None)

    def reads(self) -> list[tuple[float, str]]:
        """The open cursors: since when (monotonic seconds), and whose."""
        return [value for key, value in list(self._reads.items()) if key() is not None]

    def take_turn(self) -> None:
        """Wait for the turn to write, unless it is ours. Raises sqlite3.OperationalError."""
        if self.turns is not None and not self.has_turn:
            self.turns.take_turn()
            self.has_turn = True
            if self.busy is not None:
                self.busy.is_waiting = False  # a SELECT may have left its own there

    def begin(self, mode: str) -> None:
        """Begin a transaction. `mode`: DEFERRED, IMMEDIATE or EXCLUSIVE."""
        Cursor(self).execute(f"BEGIN {mode}")

    def settle(self) -> None:
        """Give the turn back when no transaction is open (any more, whatever ended it)."""
        if self.has_turn and not self.in_transaction:
            self.give_back()

    def confirm_turn(self) -> None:
        """Before a write transaction is committed. Raises CannotAcknowledge; then it must not be."""
        if self.turns is not None and self.has_turn and self.in_transaction:
            self.turns.confirm_turn()

    def commit(self) -> None:
        try:
            self.confirm_turn()
            super().commit()
        finally:
            self.settle()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.settle()

    def close(self) -> None:
        super().close()
        self.give_back()

    def __del__(self) -> None:
        self.give_back()

    def wait_patiently(self, seconds: float) -> None:
        """Wait for another process's write lock for up to `seconds`, looking again each millisecond
        or two, and note who was in the way."""
        if self.turns is not None:
            # Not a method of ours: SQLite would keep us alive for ever.
            self.busy = _Patience(self.turns, seconds)
            set_busy_handler: Callable[..., None] = super().set_busy_handler  # type: ignore[misc]  # pysqlite3's
            set_busy_handler(self.busy)

    @property
    def patience(self) -> float:
        """Seconds for which `wait_patiently` waits; 0: SQLite's own busy handler is in force."""
        return self.busy.seconds if self.busy else 0.0

    def end_wait(self, error: sqlite3.Error | None = None) -> None:
        """Note the wait for another process, if there was one. Raises a better error than `error`."""
        if self.busy is not None and self.busy.is_waiting:
            self.busy.end(error)

    def give_back(self) -> None:
        """End the turn, if we have it."""
        if self.has_turn and self.turns is not None:
            self.has_turn = False
            self.turns.give_back()


@dataclass(frozen=True)
class Read:
    """A cursor that has been open for some seconds: it may keep an old snapshot."""

    who: str
    seconds: float


def long_reads(seconds: float, turns: object = None) -> list[Read]:
    """Cursors of this process that have been open longer than `seconds`, the oldest first.

    `turns`: only of this holding's connections.
    """
    now = monotonic()
    found = [
        Read(who, now - since)
        for connection in list(everyone)
        if turns is None or connection.turns is turns
        for since, who in connection.reads()
        if now - since > seconds
    ]
    return sorted(found, key=lambda read: -read.seconds)


class Cursor(sqlite3.Cursor):
    """A cursor that takes its connection's turn before it writes, and gives it back afterwards."""

    connection: Connection

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        if sql[:6] == "SELECT" or not (self.connection.in_transaction or IS_WRITE(sql)):
            return _execute(self, sql, parameters)
        return self._in_turn(_execute, sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> Any:
        return self._in_turn(sqlite3.Cursor.executemany, sql, parameters)

    def executescript(self, script: str) -> Any:
        return self._in_turn(sqlite3.Cursor.executescript, script)

    def _in_turn(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        connection = self.connection
        try:
            if not connection.in_transaction:
                connection.take_turn()
            elif IS_COMMIT(sql):
                connection.confirm_turn()
            done = execute(self, sql, *arguments)
            if (patience := connection.busy) is not None and patience.is_waiting:
                connection.end_wait()
            return done
        except sqlite3.OperationalError as error:
            connection.end_wait(error)
            raise
        finally:
            # Also when it failed: SQLite rolls back by itself on a full disk, and COMMIT ends here.
            if connection.has_turn and not connection.in_transaction:
                connection.give_back()


class _Patience:
    """SQLite's busy handler (https://sqlite.org/c3ref/busy_handler.html), for one connection.

    SQLite's own sleeps longer and longer, up to 100 ms, and loses to whoever is awake. At most one
    thread of a process waits here, so looking often costs little.
    """

    def __init__(
        self, turns: Turns, seconds: float, pause: Callable[[float], None] = sleep
    ) -> None:
        self.seconds = seconds
        self.is_waiting = False
        self._turns = turns
        self._pause = pause
        self._since = 0.0
        self._holder = ""

    def __call__(self, tries: int) -> bool:
        now = monotonic()
        if tries == 0:
            self.is_waiting, self._since, self._holder = True, now, ""
        waited = now - self._since
        if waited >= SLOW_SECONDS and not self._holder:
            self._holder = self._turns.name_foreigner()
            log.warning("%s waits for its turn to write: %s.", actor(), self._holder)
        if waited >= self.seconds:
            return False
        self._pause(EAGER_PAUSE if tries < EAGER_TRIES else PAUSE)
        return True

    def end(self, error: sqlite3.Error | None) -> None:
        """The statement is over: note its wait. For BUSY raises an error that says for whom."""
        self.is_waiting = False
        waited = monotonic() - self._since
        is_busy = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY
        self._turns.note_foreign_wait(waited, self._holder, was_in_vain=is_busy)
        if is_busy:
            holder = self._holder or "another process has its turn"
            raise locked(f"{holder}; {actor()} waited {waited:.1f} s") from error
