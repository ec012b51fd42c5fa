"""How fast is the queue? `python bench/jobs.py [--jobs N] [--threads N] [--json FILE]`

One worker process with the shop's settings and a job that does nothing. The limit, measured before and
after on the same volume: plain durable commits of one row by sqlite3. On a noisy machine the ratios
count, not the numbers.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from time import monotonic, sleep, time

import bodega.databases  # noqa: F401 - first: one SQLite library
from bodega.databases.opening import open_file
from bodega.databases.volume import create_volume

HERE = Path(__file__).parent
PROBES = 200
IDLE_SECONDS = 10.0


def main() -> int:
    """Measure, print, write the JSON."""
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="bodega-bench-") as scratch:
        prepare(Path(scratch) / "volume")
        result = {"raw commits/s": raw_commits(1_000), **enqueueing(options.jobs)}
        with worker(options.threads) as process:
            result |= draining()
            result |= latencies()
            result |= idling(process.pid)
        result["raw commits/s, after"] = raw_commits(1_000)
    for name, value in result.items():
        print(f"{name:<42} {value:>10.2f}")
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n")
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=3_000, help="jobs to enqueue and drain")
    options.add_argument("--threads", type=int, default=2, help="threads of the worker")
    options.add_argument("--json", help="write the results to this file")
    return options


def prepare(volume: Path) -> None:
    """A fresh volume with every table, and Django ready to enqueue."""
    create_volume(volume, shop="bench")
    os.environ |= {
        "BODEGA_VOLUME": str(volume),
        "BODEGA_MODE": "development",
        "BODEGA_LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "bodega.settings",
        "PYTHONPATH": str(HERE),
    }
    for words in (["--database", "queue"], []):
        migrate = [sys.executable, "-m", "bodega", "manage", "migrate", "-v0", *words]
        subprocess.run(migrate, check=True)
    import django

    django.setup()


@contextmanager
def worker(threads: int) -> Iterator["subprocess.Popen[bytes]"]:
    """One worker process, while the block runs."""
    words = [sys.executable, "-m", "bodega", "worker", "--threads", str(threads)]
    process = subprocess.Popen(words)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def raw_commits(count: int) -> float:
    """The limit: durable commits a second of one row, without anything above sqlite3."""
    connection = open_file("queue")
    connection.execute("CREATE TABLE IF NOT EXISTS bench (number INTEGER)")
    rate = per_second(count, lambda n: connection.execute("INSERT INTO bench VALUES (?)", (n,)))
    connection.close()
    return rate


def enqueueing(count: int) -> dict[str, float]:
    """Half of the jobs in a commit each, half of them in one transaction."""
    from django.db import transaction

    from noop import nothing

    each = per_second(count // 2, nothing.enqueue)
    with transaction.atomic(using="queue"):
        together = per_second(count // 2, nothing.enqueue)
    return {"enqueue/s, a commit each": each, "enqueue/s, in one transaction": together}


def draining() -> dict[str, float]:
    """Jobs a second, by the time from the first start to the last end."""
    from bodega.jobs.models import Job

    while Job.objects.filter(state__in=["ready", "running"]).exists():
        sleep(0.25)
    found = Job.objects.values_list("started_at", "finished_at")
    spans = [(start, end) for start, end in found if start and end]
    seconds = (max(end for _, end in spans) - min(start for start, _ in spans)).total_seconds()
    return {"jobs/s": len(spans) / seconds}


def latencies() -> dict[str, float]:
    """From the call of enqueue, or the commit with a message in it, until the job starts."""
    from django.db import transaction

    from bodega import outbox
    from noop import nothing

    def put() -> str:
        with transaction.atomic():
            return outbox.put(nothing, 1)

    return {
        **percentiles(
            "enqueue → start", [latency(lambda: nothing.enqueue(1).id) for _ in probes()]
        ),
        **percentiles("outbox → start", [latency(put) for _ in probes()]),
    }


def probes() -> Iterator[int]:
    """As many turns as there are probes, with the worker asleep before each."""
    for number in range(PROBES):
        sleep(0.01)
        yield number


def latency(enqueue: Callable[[], str]) -> float:
    """Milliseconds until the job of the returned key was claimed."""
    from bodega.jobs.models import Job

    begun = time()
    key = enqueue()
    started: datetime | None = None
    while started is None:
        sleep(0.005)
        found = Job.objects.filter(key=key).values_list("started_at", flat=True)
        started = found.first()
    return (started.timestamp() - begun) * 1000


def percentiles(name: str, values: list[float]) -> dict[str, float]:
    """The median and the 99th percentile."""
    ordered = sorted(values)
    return {f"{name} ms p50": median(ordered), f"{name} ms p99": ordered[int(len(ordered) * 0.99)]}


def idling(pid: int) -> dict[str, float]:
    """What the worker costs while nothing happens."""
    before = cpu_seconds(pid)
    sleep(IDLE_SECONDS)
    share = (cpu_seconds(pid) - before) / IDLE_SECONDS
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = int(rollup.partition("Pss:")[2].split()[0])
    return {"idle CPU %": share * 100, "worker PSS MB": kilobytes / 1024}


def cpu_seconds(pid: int) -> float:
    """The process's time on a processor, all its threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def per_second(count: int, call: Callable[[int], object]) -> float:
    """How often `call` can be called in a second."""
    begun = monotonic()
    for number in range(count):
        call(number)
    return count / (monotonic() - begun)


if __name__ == "__main__":
    sys.exit(main())
