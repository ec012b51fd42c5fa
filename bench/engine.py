"""What does our engine cost? `python bench/engine.py [--pairs N] [--turns N] [--report FILE]`

The same Django code (get, list, create, update, update in atomic()) on `bodega.databases.engine` and on
Django's own SQLite backend, each in a process of its own, with the same library and the same pragmas:
our whole table (WAL, synchronous=NORMAL, cache, checkpoints), given to Django as its `init_command`,
and BEGIN IMMEDIATE. Every update changes its row: SQLite writes nothing for one that does not.

The two processes take turns of a hundred operations, some milliseconds, so that both meet the same
machine; told are medians in microseconds of processor time an operation, and the median of the turns'
ratios, ours : Django's. Two processes of the same code differ by up to 4 % for as long as they live
(where things lie in memory), so there are several pairs.

The last line is time on the clock: a row that survives a power cut, by `write()` with durability "group"
here, by synchronous=FULL there, one thread, ten rows a turn; bench/commits.py has many threads.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count as numbers
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import machine  # imports ours first: one SQLite library in both kinds of process

if TYPE_CHECKING:
    from bodega.databases.pragmas import Durability

Told = dict[str, dict[str, list[float]]]  # engine → operation → microseconds of every turn

ENGINES = {"ours": "bodega.databases.engine", "django": "django.db.backends.sqlite3"}
ROWS = 1_000
DURABLE = "create, durable"
IN_A_TURN = {
    "get": 100,
    "list of 20": 100,
    "create": 100,
    "update": 100,
    "update in atomic()": 100,
    DURABLE: 10,
}
BUILD = Path(__file__).parents[1] / "build"  # on the disk to be measured, which /tmp may not be


@dataclass
class Row:
    """Medians over the turns, in microseconds an operation."""

    operation: str
    ours: float
    django: float
    ratio: float


def main() -> None:
    """Measure, print the table, write the report. `--be ENGINE DIRECTORY` is one of the processes."""
    parser = argparse.ArgumentParser(description="What does our engine cost?")
    parser.add_argument("--pairs", type=int, default=10, help="of processes, one after the other")
    parser.add_argument("--turns", type=int, default=40, help="of each process at each operation")
    parser.add_argument("--report", type=Path, help="write the table there")
    parser.add_argument("--be", nargs=2, metavar="…", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.be:
        be_a_project(ENGINES[options.be[0]], Path(options.be[1]))
        return
    BUILD.mkdir(exist_ok=True)
    text = report(table(measure(options.pairs, options.turns)), options)
    print(text)
    if options.report:
        options.report.write_text(text)


def measure(pairs: int, turns: int) -> Told:
    """Two living processes take turns; then two others."""
    told: Told = {name: defaultdict(list) for name in ENGINES}
    for _ in range(pairs):
        with tempfile.TemporaryDirectory(dir=BUILD) as directory:
            processes = {name: start(name, directory) for name in ENGINES}
            for operation in [*IN_A_TURN] * turns:
                # Who goes first changes: neither always finds the machine the other left behind.
                for name in random.sample(sorted(ENGINES), len(ENGINES)):
                    told[name][operation].append(ask(processes[name], operation))
            for process in processes.values():
                process.communicate()
    return told


def start(name: str, directory: str) -> "subprocess.Popen[str]":
    """One of the two projects, ready to be asked."""
    words = [sys.executable, __file__, "--be", name, directory]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(process: "subprocess.Popen[str]", operation: str) -> float:
    """Let a project have a turn; microseconds an operation."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{operation}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def table(told: Told) -> list[Row]:
    """The ratio is the median of the turns' ratios: what both felt in a turn cancels out."""
    rows = []
    for operation in told["ours"]:
        ours, django = (told[name][operation] for name in ENGINES)
        ratio = median(a / b for a, b in zip(ours, django, strict=True))
        rows.append(Row(operation, median(ours), median(django), round(ratio, 3)))
    return rows


def report(rows: list[Row], options: argparse.Namespace) -> str:
    """The table and how it came about, as Markdown."""
    lines = ["# Our engine against Django's", ""]
    lines += [f"`python bench/engine.py`: {machine.described(BUILD)}", ""]
    how = (
        f"{options.pairs} pairs of processes, {options.turns} turns of {IN_A_TURN['get']} at each "
        f"operation ({IN_A_TURN[DURABLE]} durable ones). Microseconds of processor time an operation, "
        "and the median of the turns' ratios. Same library, same pragmas. The last line is time on the "
        "clock: group here, FULL there, one thread."
    )
    lines += [how, "", "| operation | ours µs | Django's µs | ratio |", "|---|--:|--:|--:|"]
    lines += [f"| {r.operation} | {r.ours:.1f} | {r.django:.1f} | {r.ratio:.3f} |" for r in rows]
    return "\n".join(lines) + "\n"


def be_a_project(engine: str, directory: Path) -> None:
    """A Django project with one table: for every line it reads, a turn at that operation."""
    operations = project(engine, directory / f"{engine}.sqlite3")
    first = 0
    for line in sys.stdin:
        name = line.strip()
        clock = time.perf_counter if name == DURABLE else time.thread_time
        print(microseconds(operations[name], first, IN_A_TURN[name], clock), flush=True)
        first += IN_A_TURN[name]


def project(engine: str, database: Path) -> dict[str, Callable[[int], object]]:
    """Set Django up; operation → what to do the n-th time."""
    import django
    from django.conf import settings

    ours = engine == ENGINES["ours"]
    options = {"role": "primary"} if ours else theirs("group")
    settings.configure(
        DATABASES={
            "default": {"ENGINE": engine, "NAME": database, "OPTIONS": options},
            "full": {"ENGINE": ENGINES["django"], "NAME": database, "OPTIONS": theirs("full")},
        }
    )
    django.setup()
    from django.db import connection, models, transaction

    from bodega.databases.durability import write

    class Note(models.Model):
        text = models.CharField(max_length=100)
        number = models.IntegerField()

        class Meta:
            app_label = "bench"

        def __str__(self) -> str:
            return self.text

    with connection.schema_editor() as editor:
        editor.create_model(Note)
    Note.objects.bulk_create([Note(text=f"note {n}", number=n) for n in range(ROWS)])

    fresh = numbers(ROWS)

    def update(number: int) -> None:
        Note.objects.filter(pk=number % ROWS + 1).update(number=next(fresh))

    def update_atomically(number: int) -> None:
        with transaction.atomic():
            update(number)

    def create_durably(number: int) -> None:
        with write("primary") if ours else transaction.atomic("full"):
            Note.objects.using("default" if ours else "full").create(text="kept", number=number)

    return {
        "get": lambda number: Note.objects.get(pk=number % ROWS + 1),
        "list of 20": lambda number: list(Note.objects.filter(pk__gt=number % ROWS)[:20]),
        "create": lambda number: Note.objects.create(text="a new note", number=number),
        "update": update,
        "update in atomic()": update_atomically,
        DURABLE: create_durably,
    }


def theirs(durability: "Durability") -> dict[str, object]:
    """OPTIONS with which Django's backend keeps the same promise, and has our pragmas otherwise."""
    from bodega.databases import pragmas

    wanted = pragmas.table("primary", durability).items()
    told = "; ".join(f"PRAGMA {pragma}={value}" for pragma, (value, _, _) in wanted)
    return {"transaction_mode": "IMMEDIATE", "init_command": told}


def microseconds(
    operation: Callable[[int], object], first: int, count: int, clock: Callable[[], float]
) -> float:
    """The mean of `count` operations."""
    started = clock()
    for number in range(first, first + count):
        operation(number)
    return (clock() - started) / count * 1e6


if __name__ == "__main__":
    main()
