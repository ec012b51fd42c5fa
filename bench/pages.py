"""How fast are the shop's pages? `python bench/pages.py [--rounds N] [--seconds S] [--json FILE]`

Three servers, the same program with the same settings: one that only says hello (the limit), the shop,
and the shop without its page cache. Every round measures all of them one after the other, so that what
else the machine does hits all alike; told are medians over the rounds. On a noisy machine the ratios
count, not the numbers.
"""

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import load
import shop

SEARCHES = ["/search/?q=blue", "/search/?q=moon", "/search/?q=paper", "/search/?q=line"]
CONNECTIONS = (1, 16)


@dataclass
class Case:
    """Something to ask for, of one of the servers."""

    name: str
    server: shop.Server
    paths: list[str]


@dataclass
class Row:
    """Medians over the rounds: requests a second, the 99th percentile in milliseconds."""

    case: str
    connections: int
    rate: float
    p99_ms: float
    of_limit: float
    kilobytes: float


def main() -> int:
    """Measure, print the table, write the JSON. 1 when an answer was not 200."""
    options = parser().parse_args()
    with ExitStack() as stack:
        made = stack.enter_context(shop.demo_shop())
        results = measure(cases(stack, made), options.rounds, options.seconds)
    rows = summarise(results)
    print(table(rows))
    wrong = sum(each.wrong for runs in results.values() for each in runs)
    if options.json:
        Path(options.json).write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    if wrong:
        print(f"{wrong} answers were not 200", file=sys.stderr)
    return 1 if wrong else 0


def cases(stack: ExitStack, made: shop.Shop) -> list[Case]:
    """Start the servers; what to ask of them."""
    web = ["-m", "bodega", "web"]
    without = {**made.environment, "BODEGA_PAGE_CACHE_MB": "0"}
    trivial = [str(Path(__file__).with_name("trivial.py"))]
    limit = stack.enter_context(shop.serving(trivial, made.environment))
    kept = stack.enter_context(shop.serving(web, made.environment))
    fresh = stack.enter_context(shop.serving(web, without))
    asked = {
        "product": shop.products(made.volume),
        "listing": shop.listings(made.volume),
        "search": SEARCHES,
    }
    return [
        Case("trivial", limit, ["/"]),
        *(Case(f"{name}, kept", kept, paths) for name, paths in asked.items()),
        *(Case(f"{name}, made anew", fresh, paths) for name, paths in asked.items()),
    ]


Results = dict[tuple[str, int], list[load.Result]]


def measure(cases: list[Case], rounds: int, seconds: float) -> Results:
    """Every case with every number of connections, round by round, after one to warm up."""
    results: Results = {}
    for number in range(rounds + 1):
        for case in cases:
            for connections in CONNECTIONS:
                result = generate(case, connections, seconds if number else 0.5)
                if number:
                    results.setdefault((case.name, connections), []).append(result)
    return results


def generate(case: Case, connections: int, seconds: float) -> load.Result:
    """Run the load generator in a process of its own, so that it shares no GIL with anybody."""
    words = json.dumps([case.server.address, case.paths, connections, seconds])
    done = subprocess.run(
        [sys.executable, __file__, "--generate", words], check=True, capture_output=True
    )
    return load.Result(**json.loads(done.stdout))


def summarise(results: Results) -> list[Row]:
    """A row for every case and number of connections."""
    rates = {key: median(run.rate for run in runs) for key, runs in results.items()}
    return [
        Row(
            name,
            connections,
            round(rates[name, connections]),
            round(median(run.percentile(0.99) for run in runs) * 1_000, 2),
            round(rates[name, connections] / rates["trivial", connections], 3),
            round(median(run.bytes / max(1, len(run.latencies)) for run in runs) / 1_000, 1),
        )
        for (name, connections), runs in results.items()
    ]


def table(rows: list[Row]) -> str:
    """The rows for people."""
    lines = [f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", ""]
    lines.append(f"{'page':<22}{'conn':>5}{'req/s':>9}{'p99 ms':>9}{'of limit':>10}{'kB':>7}")
    for row in rows:
        numbers = f"{row.connections:>5}{row.rate:>9.0f}{row.p99_ms:>9.2f}{row.of_limit:>10.0%}"
        lines.append(f"{row.case:<22}{numbers}{row.kilobytes:>7.1f}")
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """The options."""
    words = argparse.ArgumentParser(description="Requests a second of the shop's pages.")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--seconds", type=float, default=1.5, help="of each measurement")
    words.add_argument("--json", metavar="FILE")
    return words


if __name__ == "__main__":
    if sys.argv[1:2] == ["--generate"]:
        address, paths, connections, seconds = json.loads(sys.argv[2])
        print(json.dumps(asdict(load.run(tuple(address), paths, connections, seconds))))
        sys.exit(0)
    sys.exit(main())
