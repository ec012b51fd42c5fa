"""`bodega worker`: run jobs, relay the outbox and schedule what recurs, until told to stop.

SIGTERM or SIGINT: take no new work and finish what is held, for at most --grace seconds. The same signal
again cuts at once. What was cut is run again by the next worker.
"""

import argparse
import os
import select
import signal
import sys
import threading
from functools import partial
from types import FrameType

import bodega.databases  # noqa: F401 - before Django: one SQLite library
from bodega.lib.wire import Wire

BEAT_SECONDS = 1.0
POLITENESS = 5  # nice(2): a customer waits for the page, and her mail may come a moment later


def run(arguments: list[str]) -> int:
    """Be a worker. Exit codes: 0 stopped cleanly, 1 refused to start or had to cut jobs,
    others: databases/exits."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")
    from bodega.databases.layout import volume_directory
    from bodega.databases.probe import Refused
    from bodega.databases.trust import trust
    from bodega.databases.volume import VolumeError
    from bodega.ops.admission import admit

    try:
        admit("worker", volume_directory())
    except Refused as refusal:
        print(f"bodega worker: {refusal}", file=sys.stderr)
        return int(refusal.code)
    except VolumeError as error:
        print(f"bodega worker: {error}", file=sys.stderr)
        return 1
    import django

    django.setup()
    missing = _missing_tables()
    if missing:
        print(f"bodega worker: {missing}", file=sys.stderr)
        return 1
    from bodega.outbox.worker import run_worker

    stop, cut = _stop_in_two_steps()
    wire = None if options.wire is None else Wire.inherited(options.wire)
    if wire is not None:
        _wait_for_the_word(wire, stop)
        os.nice(POLITENESS)  # it is beside web processes; before the threads, which inherit it
    if django.apps.apps.is_installed("bodega.payments"):  # the machinery runs without a shop, too
        from bodega.payments.opening import ask_for_sweep

        ask_for_sweep()
    abandoned = run_worker(
        stop,
        threads=options.threads,
        queues=tuple(filter(None, options.queues.split(","))),
        cut=cut,
        grace=options.grace,
        on_turn=None if wire is None else partial(_tell, wire, stop),
    )
    if abandoned:
        # A thread that still runs a job would be waited for; its lock must fall now, with the process.
        sys.stderr.flush()
        os._exit(trust.exit_code(1))
    return trust.exit_code(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bodega worker",
        description="Run background jobs. Start as many as you like; they share the work.",
    )
    parser.add_argument("--threads", type=_count, default=2, help="jobs at a time (default 2)")
    parser.add_argument(
        "--queues", default="", metavar="A,B", help="only these queues (default: all)"
    )
    parser.add_argument(
        "--grace",
        type=float,
        default=20.0,
        metavar="SECONDS",
        help="how long to wait for running jobs when stopping (default 20)",
    )
    parser.add_argument("--wire", type=int, metavar="N", help=argparse.SUPPRESS)
    return parser


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("must be between 1 and 64")
    return number


def _missing_tables() -> str | None:
    """A sentence when somebody has to migrate first: a worker never does."""
    from django.db import connections

    for alias, table in (("queue", "jobs_job"), ("default", "outbox_message")):
        if table not in connections[alias].introspection.table_names():
            remedy = f"bodega manage migrate --database {alias}"
            return f"the '{alias}' database has no table {table} yet. Run: {remedy}"
    return None


def _wait_for_the_word(wire: Wire, stop: threading.Event) -> None:
    """Ready, but no job is claimed before somebody says so: this release may be taken back yet."""
    wire.tell(step="ready")
    while not stop.is_set():
        if any(word.get("do") == "open" for word in wire.heard()):
            return
        _tell(wire, stop, 0)
        select.select([wire], [], [], BEAT_SECONDS)


def _tell(wire: Wire, stop: threading.Event, busy: int) -> None:
    """A sign of life; whom nobody watches stops."""
    wire.tell(jobs=busy)
    if not wire.is_open:
        stop.set()


def _stop_in_two_steps() -> tuple[threading.Event, threading.Event]:
    stop, cut = threading.Event(), threading.Event()

    heard_before: set[int] = set()

    def heard(number: int, _frame: FrameType | None) -> None:
        # Ctrl-C reaches the whole process group, and its supervisor's SIGTERM comes on top of it:
        # only the same signal twice is impatience.
        (cut if number in heard_before else stop).set()
        heard_before.add(number)

    signal.signal(signal.SIGTERM, heard)
    signal.signal(signal.SIGINT, heard)
    return stop, cut
