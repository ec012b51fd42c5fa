"""What does our engine cost? `python bench/engine.py [--rounds N] [--count N] [--report FILE]`

The same Django code (get, create, update, and an update in atomic()) on `bodega.databases.engine` and on
Django's own SQLite backend, each in a process of its own, with the same library and, for one promise,
the same pragmas: our whole table (WAL, synchronous=NORMAL, cache, checkpoints), given to Django as its
`init_command`, and BEGIN IMMEDIATE. Every update changes its row: SQLite writes nothing for one that
does not. Rounds alternate; told are medians in microseconds of processor time an operation, and the
ratio ours : Django's. Two processes of the same code differ by up to 4 % for as long as they live (where
things lie in memory), so the pairs are many.

The last line is about time on the clock: a row that survives a power cut, by `write()` with durability
"group" here, by synchronous=FULL there, one thread; bench/commits.py has many. There the two take turns
after each ten rows: a disk is another one from second to second. On a noisy machine only the ratio
counts.
"""

import argparse
import json
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

Told = dict[str, dict[str, list[float]]]  # engine → operation → microseconds of every round

ENGINES = {"ours": "bodega.databases.engine", "django": "django.db.backends.sqlite3"}
ROWS = 1_000
PAIR = 2  # rounds of one pair of processes
BATCH = 50  # operations between two looks at the clock
DURABLE = "create, durable"
DURABLY, TURNS = 10, 10  # operations of this kind a turn, and turns a round
BUILD = Path(__file__).parents[1] / "build"  # on the disk to be measured, which /tmp may not be


@dataclass
class Row:
    """Medians over the rounds, in microseconds an operation."""

    operation: str
    ours: float
    django: float
    ratio: float


def main() -> None:
    """Measure, print the table, write the JSON. `--be ENGINE DIRECTORY` is one of the processes."""
    parser = argparse.ArgumentParser(description="What does our engine cost?")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--count", type=int, default=2_000, help="operations of a kind and round")
    parser.add_argument("--report", type=Path, help="write the table there")
    parser.add_argument("--be", nargs=2, metavar="…", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.be:
        be_a_project(ENGINES[options.be[0]], Path(options.be[1]), options.count)
        return
    BUILD.mkdir(exist_ok=True)
    text = report(table(measure(options.rounds, options.count)), options)
    print(text)
    if options.report:
        options.report.write_text(text)


def measure(rounds: int, count: int) -> Told:
    """Two living processes take turns; after each PAIR rounds two others."""
    told: Told = {name: defaultdict(list) for name in ENGINES}
    for first in range(0, rounds, PAIR):
        with tempfile.TemporaryDirectory(dir=BUILD) as directory:
            processes = {name: start(name, directory, count) for name in ENGINES}
            turns = min(PAIR, rounds - first)
            for wish in ["all"] * turns + [DURABLE] * (turns * TURNS):
                # Who goes first changes: neither always finds the machine the other left behind.
                for name in random.sample(sorted(ENGINES), len(ENGINES)):
                    for operation, microseconds in ask(processes[name], wish).items():
                        told[name][operation].append(microseconds)
            for process in processes.values():
                process.communicate()
    return told


def start(name: str, directory: str, count: int) -> "subprocess.Popen[str]":
    """One of the two projects, ready to be asked."""
    words = [sys.executable, __file__, "--be", name, directory, "--count", str(count)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(process: "subprocess.Popen[str]", wish: str) -> dict[str, float]:
    """Let a project run one round of what is wished."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{wish}\n")
    process.stdin.flush()
    answer: dict[str, float] = json.loads(process.stdout.readline())
    return answer


def table(told: Told) -> list[Row]:
    """The ratio is the median of the rounds' ratios: what both felt in a round cancels out."""
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
        f"{options.rounds} rounds of {options.count} operations of a kind, two processes taking turns, "
        f"two others after {PAIR} rounds. Microseconds of processor time an operation, and the median "
        "of the rounds' ratios. Same library, same pragmas. The last line is time on the clock, in "
        f"{options.rounds * TURNS} turns of {DURABLY}: group here, FULL there."
    )
    lines += [how, "", "| operation | ours µs | Django's µs | ratio |", "|---|--:|--:|--:|"]
    lines += [f"| {r.operation} | {r.ours:.1f} | {r.django:.1f} | {r.ratio:.3f} |" for r in rows]
    return "\n".join(lines) + "\n"


def be_a_project(engine: str, directory: Path, count: int) -> None:
    """A Django project with one table: for every line it reads, a round."""
    operations = project(engine, directory / f"{engine}.sqlite3")
    durably = operations.pop(DURABLE)
    for wish in sys.stdin:
        if wish.strip() == DURABLE:
            took = {DURABLE: microseconds(durably, DURABLY, 1, time.perf_counter)}
        else:
            took = {
                name: microseconds(operation, count, BATCH, time.thread_time)
                for name, operation in operations.items()
            }
        print(json.dumps(took), flush=True)


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
    operation: Callable[[int], object], count: int, batch: int, clock: Callable[[], float]
) -> float:
    """The median over batches, which forgets about a checkpoint or a neighbour in between."""
    batches = []
    for first in range(0, count, batch):
        started = clock()
        for number in range(first, first + batch):
            operation(number)
        batches.append((clock() - started) / batch)
    return median(batches) * 1e6


if __name__ == "__main__":
    main()
