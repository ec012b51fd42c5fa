"""Django's own database tests on `bodega.databases.engine`: `bin/conformance django-db`.

Every suite runs in a process of its own on databases of its own, as many at once as there are cores.
Without a label all of `SUITES` run; with labels, those (any of Django's, also single tests).
`--engine django.db.backends.sqlite3` is the control: for any engine but ours nothing may fail.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.django_source import django_tests
from tests.conformance.record import Record

OURS = "bodega.databases.engine"
ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 900  # for one suite; the longest takes about one minute

SUITES = [  # the longest first
    "cache",
    "migrations",
    "schema",
    "queries",
    "backends",
    "model_fields",
    "lookup",
    "expressions",
    "aggregation",
    "transactions",
    "transaction_hooks",
]

# Tests that have to fail on our engine → why. One that passes, or is not there any more, is an error.
DIFFERENT = {
    "backends.base.test_base.DatabaseWrapperLoggingTests.test_commit_debug_log": (
        "asserts the literal text BEGIN; our transactions BEGIN IMMEDIATE (design 3.2, rule 6)"
    ),
    "backends.sqlite.tests.TestTransactionMode.test_default_transaction_mode": (
        "asserts the literal text BEGIN; our transactions BEGIN IMMEDIATE (design 3.2, rule 6)"
    ),
}


@dataclass
class Run:
    """A suite that was run: what came of it, and how long it took in seconds."""

    suite: str
    record: Record
    seconds: float


def main() -> int:
    """Run the suites and judge. 0: every test did what it should."""
    options = _parser().parse_args()
    suites = options.labels or SUITES
    tests = django_tests()
    with ThreadPoolExecutor(options.processes) as pool:
        runs = list(pool.map(lambda suite: _run(suite, options.engine, tests), suites))
    expected = DIFFERENT if options.engine == OURS else {}
    complaints = judge(runs, {test: why for test, why in expected.items() if _is_in(test, suites)})
    print("\n".join(_report(runs, expected, complaints)))
    return 1 if complaints else 0


def judge(runs: Iterable[Run], different: dict[str, str]) -> list[str]:
    """What is wrong, in sentences: a failure that is not listed, an entry of the list that did not fail.

    `different`: the part of the list that these runs cover.
    """
    complaints = []
    failed: dict[str, str] = {}
    for run in runs:
        failed |= run.record.failed
        if run.record.ran == 0:
            complaints.append(f"{run.suite} ran no test.")
        if run.record.switched_off:
            flags = ", ".join(run.record.switched_off)
            complaints.append(f"{run.suite}: our engine switches off {flags}.")
    complaints += [f"{name} failed.\n{failed[name]}" for name in failed if name not in different]
    complaints += [
        f"{name} is listed as different and did not fail: take it off the list (it said: {why})."
        for name, why in different.items()
        if name not in failed
    ]
    return complaints


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/conformance django-db")
    parser.add_argument("labels", nargs="*", help="Django's suites or tests; all of ours without")
    parser.add_argument("--engine", default=OURS, help="dotted path of the database engine")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at the same time")
    return parser


def _run(suite: str, engine: str, tests: Path) -> Run:
    """Run one suite in a process of its own. SystemExit when it does not come to an end."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="conformance-") as scratch:
        record = Path(scratch) / "record.json"
        environment = os.environ | {
            "CONFORMANCE_ENGINE": engine,
            "CONFORMANCE_RECORD": str(record),
            "CONFORMANCE_SCRATCH": scratch,
        }
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        python = [sys.executable, "-m", "tests.conformance.django_run", str(tests)]
        how = ["--settings=tests.conformance.django_db_settings", "--parallel=1", "--noinput"]
        done = subprocess.run(
            [*python, *how, suite],
            cwd=ROOT,
            env=environment,
            timeout=LIMIT_SECONDS,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if not record.exists():
            raise SystemExit(f"conformance: {suite} came to no end.\n{done.stdout}")
        return Run(suite, Record(**json.loads(record.read_text())), time.monotonic() - began)


def _is_in(test: str, labels: Iterable[str]) -> bool:
    return any(test == label or test.startswith(f"{label}.") for label in labels)


def _report(runs: list[Run], different: dict[str, str], complaints: list[str]) -> list[str]:
    lines = [_row("suite", "tests", "failed", "skipped", "seconds")]
    for run in runs:
        counts = (run.record.ran, len(run.record.failed), len(run.record.skipped))
        lines.append(_row(run.suite, *counts, f"{run.seconds:.1f}"))
    failed = {name for run in runs for name in run.record.failed}
    lines += [f"differs: {name}: {why}" for name, why in different.items() if name in failed]
    lines.append(f"{sum(run.record.ran for run in runs)} tests, {len(complaints)} complaints")
    return lines + [f"\nconformance: {complaint}" for complaint in complaints]


def _row(suite: str, *columns: object) -> str:
    return f"{suite:<20}" + "".join(f"{column!s:>9}" for column in columns)


if __name__ == "__main__":
    sys.exit(main())
