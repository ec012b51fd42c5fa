"""The agent with Bodega's guards: `python -m bodega.ops.drill.guarded NAME`.

It boots as every process of a shop does and uses what `bodega.databases` offers any Django project: the
probe, `ENGINE = "bodega.databases.engine"`, `write()`. When a guard stops the process, its exit code and
its last log line are the answer.
"""

import os
import sys
import uuid
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event

import bodega.databases  # noqa: F401 - first: one SQLite library
from bodega.databases.journal import Journal, open_journal
from bodega.ops.drill.agent import BUSY_SECONDS, INSERT, Agent, Answer, serve


class GuardedAgent(Agent):
    """Does what an `Agent` does, through Bodega."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "sqlite3")
        self.block: AbstractContextManager[None] | None = None
        self.journal: Journal | None = None

    def open(
        self,
        path: str,
        pragmas: tuple[str, ...] = (),  # noqa: ARG002 - for plain agents; here the pragma table says
        patience: float = BUSY_SECONDS,  # noqa: ARG002
        expect: str | None = None,
        journal: str = "",
    ) -> Answer:
        """Boot: probe the volume, join as a generation, connect, watch. `journal`: for every order."""
        from bodega.databases.probe import probe

        database = Path(path)
        generation = probe(database.parent, expect, is_strict=True).join("drill")
        self._configure(database)
        from django.db import Error, connection

        from bodega.databases import watchdog

        self.failures += (Error,)
        connection.ensure_connection()
        self.connection = connection.connection
        self.journal = open_journal(database.parent / "journal", journal) if journal else None
        watchdog.start()
        generation.tell("live")
        return {"version": self.sqlite.sqlite_version, "generation": generation.id}

    def open_by_hand(self, path: str) -> Answer:
        """Refused before it is done."""
        from bodega.databases.by_hand import OpenedByHand

        try:
            return super().open_by_hand(path)
        except OpenedByHand as refusal:
            return {"prevented": str(refusal)}

    def use_other_library(self, path: str) -> Answer:
        """Refused when it is imported."""
        try:
            return super().use_other_library(path)
        except ImportError as refusal:
            return {"prevented": str(refusal)}

    def begin(self) -> Answer:
        """Insert an order and stay inside the transaction."""
        from bodega.databases.durability import write

        token = uuid.uuid4().hex
        self.block = write("primary")
        self.block.__enter__()
        self.connection.execute(INSERT, (token, self.name, ""))
        return {"token": token}

    def finish(self, token: str) -> Answer:
        """Commit what `begin` left open, and acknowledge it."""
        assert self.block is not None
        self.block.__exit__(None, None, None)
        return {"acknowledged": [token]}

    def order(self, pad: int) -> str:
        """One order, in a transaction that is durable when its block is left."""
        from bodega.databases.durability import write

        token = uuid.uuid4().hex
        with write("primary"):
            self.connection.execute(INSERT, (token, self.name, "x" * pad))
            if self.journal is not None:
                self.journal.append({"token": token, "who": self.name})
        if self.journal is not None:
            self.journal.sync()
        return token

    @staticmethod
    def _configure(database: Path) -> None:
        import django
        from django.conf import settings

        options = {"role": "primary"}
        default = {"ENGINE": "bodega.databases.engine", "NAME": database, "OPTIONS": options}
        settings.configure(DATABASES={"default": default})
        django.setup()


def main() -> None:
    """Obey until stopped."""
    from bodega.databases.probe import Refused
    from bodega.databases.trust import CannotAcknowledge

    try:
        serve(GuardedAgent(sys.argv[1]))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        os._exit(refusal.code)
    except CannotAcknowledge:
        Event().wait()  # say nothing; the guard ends the process


if __name__ == "__main__":
    main()
