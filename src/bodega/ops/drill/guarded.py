"""The agent with Bodega's guards: `python -m bodega.ops.drill.guarded NAME`.

It boots as every process of a shop does and uses what `bodega.databases` offers any Django project: the
probe, `ENGINE = "bodega.databases.engine"`, `write()`. When a guard stops the process, its exit code and
its last log line are the answer.
"""

import sys
import uuid
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event

import bodega.databases  # noqa: F401 - first: one SQLite library
from bodega.ops.drill.agent import BUSY_SECONDS, INSERT, Agent, Answer, serve


class GuardedAgent(Agent):
    """Does what an `Agent` does, through Bodega."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "sqlite3")
        self.block: AbstractContextManager[None] | None = None

    def open(
        self,
        path: str,
        pragmas: tuple[str, ...] = (),
        patience: float = BUSY_SECONDS,
    ) -> Answer:
        """Boot: probe the volume, announce this generation, connect.

        `pragmas` and `patience` are for plain agents: what holds here the pragma table says.
        """
        database = Path(path)
        self._configure(database)
        from django.db import connection

        connection.ensure_connection()
        self.connection = connection.connection
        return {"version": self.sqlite.sqlite_version}

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
        return token

    @staticmethod
    def _configure(database: Path) -> None:
        import django
        from django.conf import settings

        default = {"ENGINE": "bodega.databases.engine", "NAME": database}
        settings.configure(DATABASES={"default": default})
        django.setup()


def main() -> None:
    """Obey until stopped."""
    from bodega.databases.trust import CannotAcknowledge

    try:
        serve(GuardedAgent(sys.argv[1]))
    except CannotAcknowledge:
        Event().wait()  # say nothing; the guard ends the process


if __name__ == "__main__":
    main()
