"""One process with a database open, driven by JSON lines: `python -m bodega.ops.drill.agent LIBRARY`.

This one is plain, as any web application is: no guard of Bodega's, and the named SQLite library
("sqlite3": the system's, "pysqlite3": the bundled one). So it imports nothing of `bodega.databases`.
What it reports as acknowledged is what a customer would have been told "thank you" for.
"""

import ctypes
import json
import os
import sys
import uuid
from importlib import import_module
from typing import Any

BUSY_SECONDS = 2.0
INSERT = "INSERT INTO orders (token, who, pad) VALUES (?, ?, ?)"

Answer = dict[str, Any]


class Agent:
    """What the process can be told to do; every public method is a command and returns its answer."""

    def __init__(self, name: str, library: str) -> None:
        self.name = name
        self.sqlite: Any = import_module(library)
        self.failures: tuple[type[Exception], ...] = (self.sqlite.Error, OSError)
        self.connection: Any = None

    def open(
        self, path: str, pragmas: tuple[str, ...] = (), patience: float = BUSY_SECONDS
    ) -> Answer:
        """Connect as most applications do: WAL, synchronous=NORMAL, nothing else."""
        self.connection = self.sqlite.connect(
            f"file:{path}", uri=True, isolation_level=None, timeout=patience
        )
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", *pragmas):
            self.connection.execute(f"PRAGMA {pragma}").fetchall()
        return {"version": self.sqlite.sqlite_version}

    def commit(self, count: int = 1, pad: int = 20) -> Answer:
        """Insert `count` orders, a transaction each; the tokens of those that were acknowledged."""
        acknowledged, errors = [], []
        for _ in range(count):
            try:
                acknowledged.append(self.order(pad))
            except self.failures as error:
                errors.append(f"{type(error).__name__}: {error}")
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
        return {"acknowledged": acknowledged, "errors": errors}

    def commit_into(self, log: str, count: int, pad: int = 500) -> Answer:
        """Insert `count` orders; a token is appended to `log` when it is acknowledged."""
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
        for _ in range(count):
            os.write(descriptor, f"{self.order(pad)}\n".encode())
        os.close(descriptor)
        return {}

    def commit_forever(self, log: str, pad: int = 3000) -> Answer:
        """Until killed; a token is appended to `log` when it is acknowledged."""
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        answer({"started": True})
        while True:
            os.write(descriptor, f"{self.order(pad)}\n".encode())

    def begin(self) -> Answer:
        """Insert an order and stay inside the transaction."""
        token = uuid.uuid4().hex
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute(INSERT, (token, self.name, ""))
        return {"token": token}

    def finish(self, token: str) -> Answer:
        """Commit what `begin` left open, and acknowledge it."""
        self.connection.execute("COMMIT")
        self.acknowledge()
        return {"acknowledged": [token]}

    def sql(self, statement: str) -> Answer:
        """Run one statement; an error of SQLite is an answer too."""
        try:
            rows = self.connection.execute(statement).fetchall()
        except self.failures as error:
            return {"errors": [f"{type(error).__name__}: {error}"]}
        return {"rows": [list(row) for row in rows]}

    def checkpoint_forever(self) -> Answer:
        """Copy the log into the database, again and again, until killed."""
        answer({"started": True})
        while True:
            self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def open_by_hand(self, path: str) -> Answer:
        """What a checksum or a type sniffer does: the close drops every POSIX lock of this process."""
        descriptor = os.open(path, os.O_RDONLY)
        os.read(descriptor, 100)
        os.close(descriptor)
        return {}

    def open_in_c(self, path: str) -> Answer:
        """The same in a C library, which Python cannot see."""
        libc = ctypes.CDLL(None)
        libc.close(libc.open(os.fsencode(path), os.O_RDONLY))
        return {}

    def use_other_library(self, path: str) -> Answer:
        """Read the database through a second copy of SQLite in this process, and close it."""
        other = import_module("_sqlite3" if self.sqlite.__name__ == "pysqlite3" else "pysqlite3")
        connection = other.connect(path)
        connection.execute("SELECT count(*) FROM orders").fetchall()
        connection.close()
        return {}

    def fork_and_close(self) -> Answer:
        """A forked child inherits the connection and closes it."""
        child = os.fork()
        if child == 0:
            self.connection.close()
            os._exit(0)
        os.waitpid(child, 0)
        return {}

    def close(self) -> Answer:
        """End as a well-behaved process does."""
        self.connection.close()
        return {}

    def order(self, pad: int) -> str:
        """One order, committed and acknowledged; its token."""
        token = uuid.uuid4().hex
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute(INSERT, (token, self.name, "x" * pad))
        self.connection.execute("COMMIT")
        self.acknowledge()
        return token

    def acknowledge(self) -> None:
        """The moment before somebody is told "thank you". A plain process just says it."""


def answer(words: Answer) -> None:
    """One line to the driver."""
    print(json.dumps(words), flush=True)


def serve(agent: Agent) -> None:
    """Obey the driver line by line, until it hangs up."""
    for line in sys.stdin:
        command = json.loads(line)
        method = getattr(agent, command.pop("do"))
        try:
            answer(method(**command))
        except agent.failures as error:
            answer({"failed": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    serve(Agent(sys.argv[2], sys.argv[1]))
