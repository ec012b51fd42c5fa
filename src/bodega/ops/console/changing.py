"""Changing rows by hand, beside a living shop: asked twice, rehearsed, noted, in one transaction.

Nobody thinks while holding the write lock. The statements are rehearsed in a transaction that is rolled
back, the outcome is shown, and only after the answer they run again; when the counts differ from those
that were shown, nothing is committed. What is committed survives a power cut (`synchronous=full`).

Who changed what is noted in `console.jsonl` of the volume: a line before the commit, one after it.
"""

import getpass
import json
import os
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from bodega.databases import holders, opening, pragmas
from bodega.databases.layout import FILES, Role
from bodega.databases.volume import VolumeError, read_identity
from bodega.databases.writing import Holder
from bodega.ops.console.asking import Asker, Refused, Row
from bodega.ops.console.desk import Desk
from bodega.ops.console.formats import write

NOTES = "console.jsonl"
SHOWN_ROWS = 10

Ask = Callable[[str], str]


class Change(NamedTuple):
    """What a statement did. `changed`: rows, without those of triggers; None for
    what changes no rows."""

    statement: str
    changed: int | None
    columns: Sequence[str]
    rows: Sequence[Row]


class Changer:
    """The right to change one file of a volume, once its shop's name was given."""

    def __init__(self, directory: Path, role: Role, desk: Desk, ask: Ask) -> None:
        self.directory = directory
        self.role = role
        self.path = directory / FILES[role].name
        self._desk = desk
        self._ask = ask

    def admit(self, name: str | None) -> None:
        """Ask for the shop's name, unless it is given. Raises Refused when it is another's."""
        try:
            shop = read_identity(self.directory).shop
        except VolumeError as error:
            raise Refused(str(error)) from error
        if name is None:
            self._desk.speak(f"You are about to change {self.path}.")
            name = self._ask(f"The name of its shop, to be sure ({shop}): ")
        if name.strip() != shop:
            raise Refused(f"the shop of this volume is not '{name.strip()}'. Nothing was done.")

    def change(self, statements: Sequence[str], *, is_agreed: bool = False) -> None:
        """Run the statements in one transaction, after a rehearsal unless `is_agreed`.

        Raises Refused; nothing was changed then.
        """
        with self._writer() as connection:
            rehearsed = None
            if not is_agreed:
                rehearsed = self._run(connection, statements, commit_if=lambda _: False)
                self._show(rehearsed)
                if self._ask("Commit this? Type yes: ").strip().lower() != "yes":
                    raise Refused("nothing was changed.")
            done = self._run(
                connection, statements, commit_if=lambda now: is_as_shown(rehearsed, now)
            )
        if rehearsed is None:
            self._show(done)
        self._desk.speak(f"Committed by {whoami()}; noted in {self.directory / NOTES}.")

    @contextmanager
    def _writer(self) -> Iterator[sqlite3.Connection]:
        # The desk's own reader stays open longer, so that this close is never the last one: no
        # checkpoint, no unlinked -wal (design 3.2, rule 3).
        connection = opening.open_file(self.role, self.directory)
        try:
            pragmas.apply(connection, self.role, "full")
            connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
            yield connection
        finally:
            connection.close()

    def _run(
        self,
        connection: sqlite3.Connection,
        statements: Sequence[str],
        commit_if: Callable[[list[Change]], bool],
    ) -> list[Change]:
        asker = Asker(connection, self._desk.seconds, may_write=True)
        with in_turn(connection, self.path):
            changes = [run(asker, statement) for statement in statements]
            if commit_if(changes):
                self._commit(connection, changes)
            else:
                connection.execute("ROLLBACK")
        return changes

    def _commit(self, connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
        about = {
            "file": self.role,
            "who": whoami(),
            "pid": os.getpid(),
            "statements": [change.statement for change in changes],
            "changed": [change.changed for change in changes],
        }
        note(self.directory, {"state": "committing", **about})
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            note(self.directory, {"state": "failed", "error": str(error), **about})
            raise Refused(f"{error}. Nothing was changed.") from error
        note(self.directory, {"state": "committed", **about})

    def _show(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.rows:
                write(self._desk.show(change.columns, change.rows[:SHOWN_ROWS]), self._desk.out)
            if change.changed is not None:
                more = len(change.rows) > SHOWN_ROWS
                shown = f" (the first {SHOWN_ROWS} are shown)" if more else ""
                rows = "row" if change.changed == 1 else "rows"
                self._desk.speak(f"{change.changed:,} {rows} changed{shown}: {first_line(change)}")
            elif not change.rows:
                self._desk.speak(f"done: {first_line(change)}")


def run(asker: Asker, statement: str) -> Change:
    """Run one statement; the rows it changed are looked at where SQLite can return them."""
    returning = f"{statement.strip().rstrip(';')}\nRETURNING *"
    before = asker.connection.total_changes
    with asker.ask(returning if can_return(asker, returning) else statement) as cursor:
        columns = [name for name, *_ in cursor.description or ()]
        rows = cursor.fetchmany(SHOWN_ROWS + 1) if columns else []
        while cursor.fetchmany(1_000):  # a statement counts when it is read to its end
            pass
        changes_rows = cursor.rowcount >= 0  # how many, it does not know when rows are returned
    count = changed_rows(asker.connection) if asker.connection.total_changes > before else 0
    return Change(statement, count if changes_rows else None, columns, rows)


def changed_rows(connection: sqlite3.Connection) -> int:
    """How many rows the last statement changed itself, without its triggers."""
    return int(connection.execute("SELECT changes()").fetchone()[0])


def can_return(asker: Asker, statement: str) -> bool:
    """Whether SQLite understands the statement with RETURNING; prepares it only."""
    try:
        asker.connection.execute(f"EXPLAIN {statement}").fetchall()
    except sqlite3.Error:
        return False
    return True


def is_as_shown(shown: Sequence[Change] | None, now: Sequence[Change]) -> bool:
    """Whether the statements did what was shown. Raises Refused when they did something else."""
    if shown is None or [change.changed for change in shown] == [change.changed for change in now]:
        return True
    raise Refused(
        "meanwhile the shop has changed, and other rows than those shown would be touched. "
        "Nothing was changed; try again."
    )


@contextmanager
def in_turn(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """A write transaction, with our name on the board; rolled back unless it was committed."""
    board = holders.Board(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        board.show(Holder(f"bodega sql of {whoami()}", threading.get_ident(), monotonic()))
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_BUSY:
            raise
        raise Refused(
            f"{path.name} is held by {holders.foreign_writer(path)}. Try again."
        ) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        board.close()


def note(directory: Path, about: dict[str, object]) -> None:
    """Append a line to the volume's notes, on disk before it returns."""
    line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **about})
    descriptor = os.open(directory / NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def whoami() -> str:
    """Who is at the keyboard, for people: user@host, and the user behind sudo."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = str(os.getuid())
    behind = os.environ.get("SUDO_USER")
    return f"{user}@{socket.gethostname()}{f' (sudo by {behind})' if behind else ''}"


def first_line(change: Change) -> str:
    """A statement's beginning, for people."""
    line = " ".join(change.statement.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def ask_at_terminal(question: str) -> str:
    """The answer of whoever sits there."""
    return input(question)


def nobody_to_ask(_question: str) -> str:
    """Without a terminal nobody can agree. Raises Refused."""
    raise Refused("nobody is there to ask; a script says so beforehand: --shop NAME --yes")
