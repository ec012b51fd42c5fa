"""What does a deploy cost? `python bench/deploys.py [--rounds N] [--visitors N] [--json FILE]`

Visitors who never try again ask a demo shop for pages, half of them on kept-alive connections, while it
is deployed: from asking for it until the new generation is live, and until the old one is gone. Told are
their latencies in the seconds before and during the switch, and what failed. The peer is a plain
restart: one web process of the same shop is stopped and started again, with no socket held in between.
The peers take turns; told are medians over the rounds (failures: the sum).
"""

import argparse
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import machine
import shop

QUIET_SECONDS = 4.0
THINK_SECONDS = 0.02
PATHS = ["/", "/cart/", "/search/?q=blue"]


@dataclass
class Visit:
    """One request: when it began, how long it took, whether it was answered with 200."""

    began: float
    seconds: float
    is_good: bool


@dataclass
class Row:
    """One switch. `live`, `gone`: seconds from its beginning; the others in milliseconds."""

    way: str
    live: float
    gone: float
    quiet_p50: float
    quiet_p99: float
    switch_p50: float
    switch_p99: float
    switch_max: float
    requests: int
    failed: int

    @property
    def added_p99(self) -> float:
        """What the switch adds to the slowest of a hundred, in milliseconds."""
        return self.switch_p99 - self.quiet_p99


@dataclass
class Visitors:
    """Threads that ask, think, and ask again; nothing is tried twice."""

    address: tuple[str, int]
    count: int
    visits: list[Visit] = field(default_factory=list)

    def __enter__(self) -> "Visitors":
        self._gone = threading.Event()
        self._threads = [
            threading.Thread(target=self._visit, args=(n,), daemon=True) for n in range(self.count)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        for thread in self._threads:
            thread.join()

    def _visit(self, number: int) -> None:
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        turn = number
        while not self._gone.wait(THINK_SECONDS):
            began, is_good = time.monotonic(), False
            try:
                connection.request("GET", PATHS[turn % len(PATHS)])
                answer = connection.getresponse()
                is_good = bool(answer.read()) and answer.status == 200
            except (OSError, http.client.HTTPException):
                connection.close()
            self.visits.append(Visit(began, time.monotonic() - began, is_good))
            turn += 1
            if number % 2:
                connection.close()
        connection.close()


def main() -> int:
    """Measure and print; 1 when a deploy made a request fail."""
    options = parser().parse_args()
    rows: list[Row] = []
    with ExitStack() as stack:
        made = stack.enter_context(shop.demo_shop())
        _, address = stack.enter_context(shop.up(made))
        plain = stack.enter_context(Plain(made))
        for _ in range(options.rounds):
            rows.append(measured("bodega deploy", address, options.visitors, lambda: deploy(made)))
            rows.append(measured("plain restart", plain.address, options.visitors, plain.restart))
        about = machine.described(made.volume)
    found = [summarise(rows, way) for way in ("bodega deploy", "plain restart")]
    print(table(found))
    print(f"\n{about}")
    if options.json:
        told = {"machine": about, "rows": [asdict(row) for row in found]}
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    return 1 if found[0].failed else 0


def deploy(made: shop.Shop) -> tuple[float, float]:
    """The command as an operator gives it; seconds until live, until the old one is gone."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bodega", "deploy", "--json"],
        env=made.environment,
        check=True,
        capture_output=True,
    )
    told = json.loads(done.stdout)
    gone = time.monotonic() - began
    return gone - (told["seconds"] - told["live"]), gone


class Plain:
    """One web process on a port of its own, and nobody who holds the socket."""

    def __init__(self, made: shop.Shop) -> None:
        self._environment = made.environment
        self.address = ("127.0.0.1", shop.free_port())

    def __enter__(self) -> "Plain":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        shop.stop(self._process)

    def restart(self) -> tuple[float, float]:
        """Stop, start; seconds until it answers again, and until the old one was gone."""
        began = time.monotonic()
        shop.stop(self._process)
        gone = time.monotonic() - began
        self._start()
        return time.monotonic() - began, gone

    def _start(self) -> None:
        words = [sys.executable, "-m", "bodega", "web", "--port", str(self.address[1])]
        self._process = subprocess.Popen(words, env=self._environment)
        shop.wait_for(self._process, self.address)


def measured(
    way: str, address: tuple[str, int], count: int, switch: Callable[[], tuple[float, float]]
) -> Row:
    """Visitors before and during one switch."""
    with Visitors(address, count) as visitors:
        time.sleep(QUIET_SECONDS)
        began = time.monotonic()
        live, gone = switch()
        ended = time.monotonic()
    quiet = [
        v.seconds for v in visitors.visits if began - QUIET_SECONDS + 1 < v.began < began - 0.2
    ]
    during = [v for v in visitors.visits if began <= v.began + v.seconds and v.began <= ended]
    return Row(
        way,
        *(live, gone, percentile(quiet, 0.5), percentile(quiet, 0.99)),
        *(percentile([v.seconds for v in during], share) for share in (0.5, 0.99, 1.0)),
        requests=len(during),
        failed=sum(not v.is_good for v in during),
    )


def percentile(seconds: list[float], share: float) -> float:
    """Milliseconds."""
    return sorted(seconds)[int((len(seconds) - 1) * share)] * 1_000


def summarise(rows: list[Row], way: str) -> Row:
    """The median of each number over the rounds; requests and failures added up."""
    mine = [asdict(row) for row in rows if row.way == way]
    sums = {name: sum(row[name] for row in mine) for name in ("requests", "failed")}
    medians = {
        name: round(median(row[name] for row in mine), 2)
        for name in mine[0]
        if name not in {"way", *sums}
    }
    return Row(way=way, **medians, **sums)


def table(rows: list[Row]) -> str:
    """For people."""
    heads = ("live", "gone", "p50", "p99", "switch p50", "p99", "max", "added p99")
    lines = [f"{'':<15}" + "".join(f"{head:>11}" for head in (*heads, "requests", "failed"))]
    for row in rows:
        seconds = [f"{each:.2f} s" for each in (row.live, row.gone)]
        quiet, switch = (
            (row.quiet_p50, row.quiet_p99),
            (row.switch_p50, row.switch_p99, row.switch_max),
        )
        milliseconds = [f"{each:.1f} ms" for each in (*quiet, *switch, row.added_p99)]
        told = [*seconds, *milliseconds, f"{row.requests:,}", f"{row.failed:,}"]
        lines.append(f"{row.way:<15}" + "".join(f"{each:>11}" for each in told))
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """The options."""
    words = argparse.ArgumentParser(description="What does a deploy cost?")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--visitors", type=int, default=6)
    words.add_argument("--json", type=Path, metavar="FILE")
    return words


if __name__ == "__main__":
    sys.exit(main())
