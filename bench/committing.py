"""Those whose commits `commits.py` measures, and a process of clients that commits as fast as it can.

A peer is a line in PEERS: something to prepare, and a way to make a client for a thread.
"""

import bodega.databases  # noqa: F401 - first: one SQLite library in this process

# isort: split
import json
import logging
import os
import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bodega.databases import holdings, pragmas
from bodega.databases.connection import Connection
from bodega.databases.pragmas import Durability

TABLE = "CREATE TABLE orders (id {key}, token TEXT UNIQUE, who TEXT, cents INTEGER, note TEXT)"
INSERT = "INSERT INTO orders (token, who, cents, note) VALUES ({}, 'b', 100, {})"
INTO_SQLITE, INTO_POSTGRES = INSERT.format("?", "?"), INSERT.format("%s", "%s")
NOTE = "x" * 200
PATIENCE_SECONDS = 60.0

Commit = Callable[[], None]


@dataclass(frozen=True)
class Place:
    """Where to commit: a directory of one's own, and how to reach the PostgreSQL on that disk."""

    directory: Path
    postgres: str

    @property
    def database(self) -> Path:
        return self.directory / "bench.sqlite3"


@dataclass(frozen=True)
class Peer:
    """Somebody who commits. `prepare` once for each measurement; `client` in every thread."""

    prepare: Callable[[Place], None]
    client: Callable[[Place], Commit]


class Clients:
    """Threads that wait for their turn, commit as fast as they can for a while, and wait again."""

    def __init__(self, peer: Peer, place: Place, threads: int) -> None:
        """All of them are connected afterwards."""
        self.errors = 0
        self._took: list[float] = []
        self._seconds = 0.0
        self._gate = threading.Barrier(threads + 1)
        for _ in range(threads):
            threading.Thread(target=self._be_one, args=(peer, place), daemon=True).start()
        self._gate.wait()

    def work(self, seconds: float) -> list[float]:
        """Let them commit for so long; how long each commit took, in seconds."""
        self._took, self._seconds = [], seconds
        self._gate.wait()
        self._gate.wait()
        return self._took

    def _be_one(self, peer: Peer, place: Place) -> None:
        commit = peer.client(place)
        self._gate.wait()
        while True:
            self._gate.wait()
            self._took += self._commit_until(commit, time.perf_counter() + self._seconds)
            self._gate.wait()

    def _commit_until(self, commit: Commit, end: float) -> list[float]:
        took = []
        while (began := time.perf_counter()) < end:
            try:
                commit()
            except Exception as error:  # noqa: BLE001 - of whatever peer: told, and counted
                self.errors += 1
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
            else:
                took.append(time.perf_counter() - began)
        return took


def main() -> None:
    """A process of clients: `PEER DIRECTORY POSTGRES THREADS`. Says "ready"; every line it reads is a
    number of seconds to work for, answered with a line of JSON."""
    logging.disable(logging.WARNING)  # every wait of 250 ms is told; that is what is measured here
    name, directory, address, threads = sys.argv[1:]
    clients = Clients(PEERS[name], Place(Path(directory), address), int(threads))
    print("ready", flush=True)
    for line in sys.stdin:
        took = clients.work(float(line))
        print(json.dumps({"took": took, "errors": clients.errors}), flush=True)
    os._exit(0)


def ours(durability: Durability) -> Peer:
    """Our connections, as the engine opens them."""

    def prepare(place: Place) -> None:
        (place.directory / "locks").mkdir()
        connection = sqlite3.connect(place.database, isolation_level=None)
        connection.execute("PRAGMA journal_mode=wal").fetchall()
        connection.execute(TABLE.format(key="INTEGER PRIMARY KEY AUTOINCREMENT"))
        connection.close()

    def client(place: Place) -> Commit:
        holding = holdings.hold(place.database, "primary", durability)
        connection: Any = sqlite3.connect(
            place.database, isolation_level=None, check_same_thread=False, factory=Connection
        )
        connection.turns = holding
        pragmas.apply(connection, "primary", durability)
        connection.wait_patiently(PATIENCE_SECONDS)

        def commit() -> None:
            insert(connection, "BEGIN IMMEDIATE", INTO_SQLITE)
            holding.barrier()

        return commit

    return Peer(prepare, client)


def plain_sqlite() -> Peer:
    """SQLite as most people run it: WAL, FULL, a long busy timeout, nobody queues."""

    def client(place: Place) -> Commit:
        connection = sqlite3.connect(
            *(place.database, PATIENCE_SECONDS), isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous=full").fetchall()
        return lambda: insert(connection, "BEGIN IMMEDIATE", INTO_SQLITE)

    return Peer(ours("full").prepare, client)


def insert(connection: Any, begin: str, into: str) -> None:
    """The transaction that is measured, the same for SQLite and PostgreSQL."""
    connection.execute(begin)
    connection.execute(into, (uuid.uuid4().hex, NOTE))
    connection.execute("COMMIT")


def postgres(*, in_one_round_trip: bool = False) -> Peer:
    """PostgreSQL through psycopg. `in_one_round_trip`: at its best, where the transaction is a single
    prepared statement; what an application does takes a round trip each to begin, insert and commit."""

    def prepare(place: Place) -> None:
        import psycopg

        with psycopg.connect(place.postgres) as connection:
            connection.execute("DROP TABLE IF EXISTS orders")
            connection.execute(TABLE.format(key="BIGSERIAL PRIMARY KEY"))

    def client(place: Place) -> Commit:
        import psycopg

        connection = psycopg.connect(place.postgres, autocommit=True)

        def at_once() -> None:
            connection.execute(INTO_POSTGRES, (uuid.uuid4().hex, NOTE), prepare=True)

        return at_once if in_one_round_trip else lambda: insert(connection, "BEGIN", INTO_POSTGRES)

    return Peer(prepare, client)


PEERS = {
    "full": ours("full"),
    "group": ours("group"),
    "normal": ours("normal"),
    "plain": plain_sqlite(),
    "postgres": postgres(),
    "postgres in one trip": postgres(in_one_round_trip=True),
}


if __name__ == "__main__":
    main()
