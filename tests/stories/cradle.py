"""A process that becomes any process of the shop, as often as it is asked to; some of them are to die.

Starting Python and Django takes a second and forking a few milliseconds, so a test that kills fifty
processes forks them here. Every child is a process of its own, and its SIGKILL is a real one: a trace
function sends it, in the middle of whatever the process is doing, before a given line is run for the
n-th time. Production code knows nothing of this.

Which lines? A step is what leaves a trace outside of the process: a commit in one of the files, a
record in the journal, a paper, a mail, an effect at the bank. Between two of them one kill is like
another, since all that is lost is memory. So a child may also be told to write down, for every line
after which the world was different, where that was: those are all the steps there are.

Reads commands on its input and answers on its output, a line of JSON each.
"""

import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import bodega.databases  # before Django: one SQLite library

SOURCES = str(Path(bodega.databases.__file__).parents[1])
# What happens between the order and the mail; the ground below keeps its own promises.
ROOMS = ("/checkout/", "/orders/", "/payments/", "/catalog/", "/outbox/", "/jobs/", "/lib/files.py")
# Other threads change these too, so whose doing it was is asked of the kernel.
OTHERS = {"primary.sqlite3-wal", "queue.sqlite3-wal", "orders-000000000001.jsonl"}
Json = dict[str, Any]
Trace = Callable[[FrameType, str, Any], Any]


def main() -> None:
    """Be ready, then obey until the input ends; no child outlives that."""
    get_ready()
    children: set[int] = set()
    try:
        for line in sys.stdin:
            told = obey(json.loads(line), children)
            print(json.dumps(told), flush=True)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def get_ready() -> None:
    """Load all that a child will need; open nothing."""
    import django

    django.setup()
    from django.conf import settings
    from django.urls import get_resolver

    import bodega.cli.reconcile
    import bodega.cli.web
    import bodega.cli.worker
    import bodega.web.asgi
    import bodega.web.server  # noqa: F401 - as are those above: for the children

    # What happens by itself would get in the way of counting; the test asks for the sweep by name.
    settings.RECURRING = []
    get_resolver().url_patterns  # noqa: B018 - loads every view


def obey(command: Json, children: set[int]) -> Json:
    """`{"words": […], "without": guard, "point": step or null, "steps": path or null, "world": […]}`
    starts a child, `{"end": pid}` tells how it ended, if it has."""
    if "end" in command:
        pid, status = os.waitpid(command["end"], os.WNOHANG)
        children.discard(pid)
        return {"code": os.waitstatus_to_exitcode(status) if pid else None}
    pid = os.fork()
    if pid == 0:
        become(command)
    children.add(pid)
    return {"pid": pid}


def become(command: Json) -> None:
    """Be that process of the shop; does not return."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(2, 1)
        if command["without"]:
            from tests.stories.understudy import leave_out

            leave_out(command["without"])
        if command["point"]:
            watch(Killer(*command["point"]))
        if command["steps"]:
            watch(Recorder(Path(command["steps"]), [Path(each) for each in command["world"]]))
        from bodega.cli import main as run

        code = run(command["words"])
    finally:
        os._exit(code)


def watch(trace: Trace) -> None:
    """Call `trace` before every line of the shop's rooms, in all threads."""
    known: dict[str, bool] = {}

    def enter(frame: FrameType, _event: str, _value: Any) -> Trace | None:
        name = frame.f_code.co_filename
        if name not in known:
            known[name] = name.startswith(SOURCES) and any(room in name for room in ROOMS)
        return trace if known[name] else None

    threading.settrace(enter)
    sys.settrace(enter)


class Killer:
    """kill −9 before `line` of `file` is run for the `hits`-th time."""

    def __init__(self, file: str, line: int, hits: int) -> None:
        self.file, self.line, self.left = SOURCES + file, line, hits

    def __call__(self, frame: FrameType, event: str, _value: Any) -> Trace:
        is_line = event == "line" and frame.f_lineno == self.line
        if is_line and frame.f_code.co_filename == self.file:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


class Recorder:
    """Writes down after which lines of a thread the world was different by its own doing, each as a
    Killer wants it."""

    def __init__(self, path: Path, world: list[Path]) -> None:
        self.file, self.world = path.open("a"), world
        self.hits: Counter[tuple[str, int]] = Counter()
        self.seen = threading.local()

    def __call__(self, frame: FrameType, event: str, _value: Any) -> Trace:
        if event == "line":
            place = frame.f_code.co_filename.removeprefix(SOURCES), frame.f_lineno
            self.hits[place] += 1
            now, writes = tuple(self.look()), own_writes()
            if now != getattr(self.seen, "world", now):
                changed = self.changes(now)
                if writes != self.seen.writes or not OTHERS.issuperset(changed):
                    step = [*place, self.hits[place], frame.f_code.co_name, ", ".join(changed)]
                    print(json.dumps(step), file=self.file, flush=True)
            self.seen.world, self.seen.writes = now, own_writes()
        return self

    def look(self) -> Iterator[object]:
        """How the world is, without opening anything: that would cost the process its locks."""
        for path in self.world:
            try:
                found = path.stat()
            except FileNotFoundError:
                yield None
            else:
                yield found.st_size, found.st_mtime_ns

    def changes(self, now: tuple[object, ...]) -> list[str]:
        """The names of what became different."""
        pairs = zip(self.world, self.seen.world, now, strict=True)
        return [path.name for path, before, after in pairs if before != after]


def own_writes() -> int:
    """How often this thread has written into a file so far (proc_pid_io(5), syscw)."""
    with Path("/proc/thread-self/io").open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith("syscw"))


if __name__ == "__main__":
    main()
