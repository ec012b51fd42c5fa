"""How many durable commits a second? `python bench/commits.py [--quick] [--report FILE]`

Every client is a thread that inserts an order of 250 bytes in a transaction of its own, waits until the
peer calls it durable, and begins again. Peers: our engine's connections with durability full, group and
normal, SQLite as it comes ("plain": FULL, its own busy handler, no queue of ours), and PostgreSQL with
synchronous_commit=on: by the same three calls as SQLite, which is what applications do ("postgres"), and
as a single prepared statement, its best case ("postgres in one trip"). All of it on this disk and on one
whose syncs take 2 ms longer. At every point all peers take short turns, round by round; told are medians
over the rounds. On a noisy machine the ratios count, not the numbers.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

import committing
import machine
import postgres
import slow_disk

BUILD = Path(__file__).parents[1] / "build"
PROCESSES = (1, 2)
THREADS = (1, 4, 16, 64)  # of each process
SLOWER_MILLISECONDS = 2.0


@dataclass(frozen=True)
class Disk:
    """A disk to measure on: what makes a process see it, and the PostgreSQL that sees it."""

    name: str
    environment: dict[str, str]
    postgres: str


@dataclass(frozen=True)
class Point:
    """Where a measurement stands; `threads` are of each process."""

    disk: str
    processes: int
    threads: int


@dataclass(frozen=True)
class Measured:
    """What one peer did at one point: commits a second; milliseconds until one was durable."""

    per_second: float
    p50: float
    p99: float
    longest: float
    errors: int


Measurements = dict[tuple[Point, str], list[Measured]]  # one of each round


def main() -> int:
    """Measure, print the tables, write the report. 1 when a commit failed."""
    options = parser().parse_args()
    peers = options.peers.split(",")
    options.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.directory) as name, ExitStack() as stack:
        scratch = Path(name)
        disks = [disk(stack, scratch, each, needs_postgres(peers)) for each in options.disks]
        found: Measurements = {}
        for each, processes, threads in product(disks, PROCESSES, options.threads):
            point = Point(each.name, processes, threads)
            found |= measure(point, each, peers, options, scratch)
        text = report(found, peers, options, scratch)
    print(text)
    if options.report:
        options.report.write_text(text)
    return 1 if any(one.errors for each in found.values() for one in each) else 0


def needs_postgres(peers: list[str]) -> bool:
    """Whether a server has to be started."""
    return any(peer.startswith("postgres") for peer in peers)


def disk(stack: ExitStack, scratch: Path, name: str, with_postgres: bool) -> Disk:
    """Prepare a disk, with a server of its own."""
    place = scratch / f"disk-{name}"
    place.mkdir()
    slower = slow_disk.environment(place, SLOWER_MILLISECONDS) if name == "slow" else {}
    address = stack.enter_context(postgres.serving(place, slower)) if with_postgres else ""
    return Disk(name, slower, address)


def measure(
    point: Point, disk: Disk, peers: list[str], options: argparse.Namespace, scratch: Path
) -> Measurements:
    """All peers at one point. All are there from the beginning, and take turns of a second or less:
    what else the machine does hits all alike."""
    found: Measurements = {(point, peer): [] for peer in peers}
    with tempfile.TemporaryDirectory(dir=scratch) as name, ExitStack() as stack:
        crews = {}
        for peer in peers:
            place = committing.Place(Path(name) / peer, disk.postgres)
            place.directory.mkdir()
            committing.PEERS[peer].prepare(place)
            crews[peer] = [
                stack.enter_context(crew(peer, place, point.threads, disk))
                for _ in range(point.processes)
            ]
        for number in range(options.rounds + 1):
            for peer in peers:
                measured = work(crews[peer], options.seconds)
                if number:  # the first is to warm up
                    found[point, peer].append(measured)
    return found


@contextmanager
def crew(
    peer: str, place: committing.Place, threads: int, disk: Disk
) -> Iterator[subprocess.Popen[str]]:
    """A process of clients that is ready to begin."""
    words = [str(Path(committing.__file__)), peer, str(place.directory), place.postgres]
    process = subprocess.Popen(
        [sys.executable, *words, str(threads)],
        env=os.environ | disk.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", f"{peer} did not get ready"
        yield process


def work(crew: list[subprocess.Popen[str]], seconds: float) -> Measured:
    """Let the processes of one peer commit at the same time."""
    for process in crew:
        assert process.stdin is not None
        process.stdin.write(f"{seconds}\n")
        process.stdin.flush()
    told = [json.loads(process.stdout.readline()) for process in crew if process.stdout]
    took = sorted(1000 * one for each in told for one in each["took"])
    return Measured(
        *(len(took) / seconds, *(percentile(took, share) for share in (0.5, 0.99, 1.0))),
        sum(each["errors"] for each in told),
    )


def percentile(values: list[float], share: float) -> float:
    """Of sorted values; 0 when there are none."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def report(
    found: Measurements, peers: list[str], options: argparse.Namespace, scratch: Path
) -> str:
    """The tables and how they came about, as Markdown."""
    lines = ["# Commits a second", "", *method(peers, options, scratch)]
    for name in options.disks:
        lines += ["", f"## {TITLES[name]}", ""]
        lines += ["| processes × threads | peer | commits/s | × full | × postgres |"]
        lines[-1] += " p50 ms | p99 ms | longest ms (worst) |"
        lines += ["|---|---|--:|--:|--:|--:|--:|--:|"]
        lines += [row(found, point, peer) for point, peer in found if point.disk == name]
    return "\n".join(lines) + "\n"


TITLES = {
    "here": "This disk",
    "slow": f"The same disk, every sync {SLOWER_MILLISECONDS:g} ms slower",
}


def method(peers: list[str], options: argparse.Namespace, scratch: Path) -> list[str]:
    """The paragraph above the tables."""
    asked = " --quick" if options.quick else ""
    server = (
        f"{postgres.version()} over a Unix socket, through psycopg. `postgres` is the same client "
        "code as SQLite's: BEGIN, INSERT, COMMIT, a round trip each. `postgres in one trip` is its "
        "best case: the transaction is one prepared statement. "
    )
    how = (
        f"{options.rounds} rounds of {options.seconds:g} s for each line, peers take turns. Medians "
        "over the rounds, of ratios too (of the same round); in brackets the longest of all rounds. "
        f"One fdatasync takes {slow_disk.sync_milliseconds(scratch):.2f} ms here (median). "
    )
    told = how + (server if needs_postgres(peers) else "")
    return [f"`python bench/commits.py{asked}`: {machine.described(scratch)}", "", told.strip()]


def row(found: Measurements, point: Point, peer: str) -> str:
    """A line of a table."""
    mine = found[point, peer]
    p50, p99, longest = (
        median(getattr(one, name) for one in mine) for name in ("p50", "p99", "longest")
    )
    cells = [
        f"{point.processes} × {point.threads}",
        peer,
        f"{median(one.per_second for one in mine):,.0f}",
        *(ratio(mine, found.get((point, other), [])) for other in ("full", "postgres")),
        f"{p50:.1f}",
        f"{p99:.1f}",
        f"{longest:.0f} ({max(one.longest for one in mine):.0f})",
    ]
    return "| " + " | ".join(cells) + " |"


def ratio(mine: list[Measured], others: list[Measured]) -> str:
    """The median of the rounds' ratios, as text."""
    pairs = zip(mine, others, strict=True) if others else ()
    ratios = [one.per_second / other.per_second for one, other in pairs]
    return f"{median(ratios):.2f}" if ratios else "–"


def parser() -> argparse.ArgumentParser:
    """The options."""
    words = argparse.ArgumentParser(description="How many durable commits a second?")
    words.add_argument("--quick", action="store_true", help="three rounds, no 4 threads")
    quick = "--quick" in sys.argv[1:]
    words.add_argument("--seconds", type=float, default=0.5)
    words.add_argument("--rounds", type=int, default=3 if quick else 9)
    words.add_argument("--threads", type=int, nargs="+", default=(1, 16, 64) if quick else THREADS)
    words.add_argument("--peers", default=",".join(committing.PEERS), help="default: all")
    words.add_argument("--disks", nargs="+", default=list(TITLES), choices=list(TITLES))
    words.add_argument("--directory", type=Path, default=BUILD, help="on the disk to be measured")
    words.add_argument("--report", type=Path, help="write the tables there")
    return words


if __name__ == "__main__":
    sys.exit(main())
