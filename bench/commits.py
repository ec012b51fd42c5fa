"""How many durable commits a second? `python bench/commits.py [--seconds S] [--rounds N] [--json FILE]`

Every client is a thread that inserts an order of 250 bytes in a transaction of its own, waits until the
peer calls it durable, and begins again. Peers: our engine's connections with durability full, group and
normal, and SQLite as it comes (FULL, its own busy handler, no queue of ours). Every round measures all
of them one after the other at every point; told are medians over the rounds, the longest wait is the
longest of all. On a noisy machine the ratios count, not the numbers.

A peer is a line in PEERS: something to prepare, and a way to make a client for a thread.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import bodega.databases  # noqa: F401, I001 - first: one SQLite library in this process
import sqlite3

from bodega.databases import holdings, pragmas
from bodega.databases.connection import Connection
from bodega.databases.pragmas import Durability

POINTS = [(processes, threads) for processes in (1, 2) for threads in (1, 4, 16, 64)]
TABLE = """CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT UNIQUE, who TEXT,
           cents INTEGER, note TEXT)"""
INSERT = "INSERT INTO orders (token, who, cents, note) VALUES (?, 'b', 100, ?)"
NOTE = "x" * 200
PATIENCE_SECONDS = 60.0

Commit = Callable[[], None]


@dataclass(frozen=True)
class Peer:
    """Somebody who commits. `prepare(directory)` once; `client(directory)` in every thread."""

    prepare: Callable[[Path], None]
    client: Callable[[Path], Commit]


@dataclass
class Point:
    """One measurement; milliseconds from the beginning of a transaction until it is durable."""

    peer: str
    processes: int
    threads: int
    per_second: float
    p50: float
    p99: float
    longest: float
    errors: int


def main() -> None:
    """Measure, print the table, write the JSON. `--be PEER DIRECTORY` is a process of clients."""
    parser = argparse.ArgumentParser(description="How many durable commits a second?")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default=",".join(PEERS), help="default: all")
    parser.add_argument("--threads", type=int, nargs="*", help="only these numbers of threads")
    parser.add_argument("--directory", type=Path, help="on the disk to be measured")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--be", nargs=4, metavar="…", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.be:
        peer, directory, threads, seconds = options.be
        be_clients(PEERS[peer], Path(directory), int(threads), float(seconds))
        return
    measured = [
        measure(peer, point, options)
        for _ in range(options.rounds)
        for point in POINTS
        if not options.threads or point[1] in options.threads
        for peer in options.peers.split(",")
    ]
    rows = medians(measured)
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def measure(peer: str, point: tuple[int, int], options: argparse.Namespace) -> Point:
    """One peer at one point, in a directory of its own."""
    processes, threads = point
    with tempfile.TemporaryDirectory(dir=options.directory) as name:
        directory = Path(name)
        (directory / "locks").mkdir()
        PEERS[peer].prepare(directory)
        words = [sys.executable, __file__, "--be", peer, name, str(threads), str(options.seconds)]
        children = [
            subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        for child in children:  # all are ready before any begins
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        told = [json.loads(child.communicate("go\n")[0]) for child in children]
    took = sorted(one for each in told for one in each["took"])
    return Point(
        *(peer, processes, threads, len(took) / options.seconds),
        *(1000 * percentile(took, share) for share in (0.5, 0.99, 1.0)),
        sum(each["errors"] for each in told),
    )


def be_clients(peer: Peer, directory: Path, threads: int, seconds: float) -> None:
    """A process of clients: says "ready", begins at the first line it reads, tells its times."""
    took: list[list[float]] = [[] for _ in range(threads)]
    errors = [0] * threads
    begin = threading.Event()

    def be_client(number: int) -> None:
        commit = peer.client(directory)
        ready.release()
        begin.wait()
        end = time.perf_counter() + seconds
        while (started := time.perf_counter()) < end:
            try:
                commit()
            except sqlite3.Error:
                errors[number] += 1
            else:
                took[number].append(time.perf_counter() - started)

    ready = threading.Semaphore(0)
    clients = [threading.Thread(target=be_client, args=(number,)) for number in range(threads)]
    for client in clients:
        client.start()
        ready.acquire()
    print("ready", flush=True)
    sys.stdin.readline()
    begin.set()
    for client in clients:
        client.join()
    print(json.dumps({"took": [one for each in took for one in each], "errors": sum(errors)}))
    sys.stdout.flush()
    os._exit(0)


def ours(durability: Durability) -> Peer:
    """Our connections, as the engine opens them."""

    def prepare(directory: Path) -> None:
        connection = sqlite3.connect(directory / "bench.sqlite3", isolation_level=None)
        connection.execute("PRAGMA journal_mode=wal").fetchall()
        connection.execute(TABLE)
        connection.close()

    def client(directory: Path) -> Commit:
        path = directory / "bench.sqlite3"
        holding = holdings.hold(path, "primary", durability)
        connection: Any = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=Connection
        )
        connection.turns = holding
        pragmas.apply(connection, "primary", durability)
        connection.wait_patiently(PATIENCE_SECONDS)

        def commit() -> None:
            insert(connection)
            holding.barrier()

        return commit

    return Peer(prepare, client)


def plain_sqlite() -> Peer:
    """SQLite as most people run it: WAL, FULL, a long busy timeout."""

    def client(directory: Path) -> Commit:
        connection = sqlite3.connect(
            *(directory / "bench.sqlite3", PATIENCE_SECONDS),
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA synchronous=full").fetchall()
        return lambda: insert(connection)

    return Peer(ours("full").prepare, client)


def insert(connection: sqlite3.Connection) -> None:
    """The transaction that is measured."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(INSERT, (uuid.uuid4().hex, NOTE))
    connection.execute("COMMIT")


PEERS = {
    "group": ours("group"),
    "full": ours("full"),
    "normal": ours("normal"),
    "sqlite": plain_sqlite(),
}


def percentile(values: list[float], share: float) -> float:
    """Of sorted values; 0 when there are none."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def medians(points: list[Point]) -> list[Point]:
    """One row for each peer and point."""
    rows = []
    for key in dict.fromkeys((p.peer, p.processes, p.threads) for p in points):
        same = [p for p in points if (p.peer, p.processes, p.threads) == key]
        middle = [round(median(getattr(p, name) for p in same), 2) for name in ("p50", "p99")]
        rows.append(
            Point(
                *key,
                round(median(p.per_second for p in same)),
                *middle,
                round(max(p.longest for p in same), 1),
                sum(p.errors for p in same),
            )
        )
    return rows


def table(rows: list[Point]) -> str:
    """For people: a line for each peer and point, and how it compares with "full"."""
    full = {(r.processes, r.threads): r.per_second for r in rows if r.peer == "full"}
    lines = [
        "processes  threads  peer      commits/s  ×full   p50 ms   p99 ms  longest ms  errors",
    ]
    for row in sorted(rows, key=lambda r: (r.processes, r.threads)):
        base = full.get((row.processes, row.threads))
        ratio = f"{row.per_second / base:5.2f}" if base else "    –"
        lines.append(
            f"{row.processes:>9}  {row.threads:>7}  {row.peer:<8}  {row.per_second:>9,.0f}  {ratio}"
            f"  {row.p50:>7.2f}  {row.p99:>7.2f}  {row.longest:>10.1f}  {row.errors:>6}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
