"""Asking: one statement, its columns and rows, and an end to it in any case (time, or Ctrl-C)."""

import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any

from bodega.ops.console.permissions import Permissions

LOOK_EVERY = 20_000  # steps of SQLite's machine between two looks at the clock: about a millisecond

Row = Sequence[Any]


class Refused(RuntimeError):
    """The statement was not run, or not to its end; the message says why and what to do."""


class Asker:
    """Runs statements on one connection, each for at most `seconds` (0: as long as it takes)."""

    def __init__(
        self, connection: sqlite3.Connection, seconds: float, *, may_write: bool = False
    ) -> None:
        self.connection = connection
        self.seconds = seconds
        self.permissions = Permissions(may_write=may_write)
        self._deadline = 0.0
        self._is_stopped = False
        connection.create_function("fold", 1, folded, deterministic=True)

    @contextmanager
    def ask(self, statement: str) -> Iterator[sqlite3.Cursor]:
        """The cursor of a statement; inside the block its rows may be read. Raises Refused."""
        self._is_stopped = False
        self._deadline = monotonic() + self.seconds if self.seconds else float("inf")
        self.connection.set_progress_handler(self._must_end, LOOK_EVERY)
        cursor = self.connection.cursor()
        with stopping_on_interrupt(self._stop):
            try:
                yield self._execute(cursor, statement)
            except sqlite3.Error as error:
                raise Refused(self._sentence(error)) from error
            finally:
                cursor.close()  # a statement that is not finished keeps its snapshot
                self.connection.set_progress_handler(None, 0)

    def _execute(self, cursor: sqlite3.Cursor, statement: str) -> sqlite3.Cursor:
        self.permissions.refused = ""
        self.connection.set_authorizer(self.permissions)
        try:
            return cursor.execute(statement)
        finally:
            self.connection.set_authorizer(None)

    def _must_end(self) -> bool:
        return self._is_stopped or monotonic() > self._deadline

    def _stop(self) -> None:
        self._is_stopped = True

    def _sentence(self, error: sqlite3.Error) -> str:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if self.permissions.refused:
            return f"{self.permissions.refused}."
        if self._is_stopped:
            return "stopped, as you asked."
        if code == sqlite3.SQLITE_INTERRUPT:
            return (
                f"stopped after {self.seconds:g} s. To wait longer: --timeout SECONDS (0: no limit)"
            )
        if code == sqlite3.SQLITE_BUSY:
            return f"{error}. Somebody else is writing; try again."
        return f"{error}{hint(str(error))}"


def hint(message: str) -> str:
    """What to do about an error of SQLite's, as a second sentence; "" when there is nothing to add."""
    if message.startswith(("no such table", "no such column")):
        return ". See .tables and .schema TABLE, or ask another file: --file, --attach"
    if "unrecognized token" in message or "syntax error" in message or "incomplete" in message:
        return ". Texts go in 'single' quotes, names in \"double\" ones."
    if "readonly" in message:
        return ". This console only reads; to change rows: --write"
    return "."


def folded(value: Any) -> Any:
    """SQL's `fold(text)`: without case and accents; NULL stays NULL."""
    from bodega.lib.text import fold

    return None if value is None else fold(str(value))


@contextmanager
def stopping_on_interrupt(stop: Any) -> Iterator[None]:
    """Inside the block Ctrl-C calls `stop` instead of raising in the middle of something."""

    def heard(_number: int, _frame: FrameType | None) -> None:
        stop()

    try:
        before = signal.signal(signal.SIGINT, heard)
    except ValueError:  # not the main thread, which alone hears signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
