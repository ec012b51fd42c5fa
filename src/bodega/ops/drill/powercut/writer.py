"""A process that takes orders while it is recorded: `python -m bodega.ops.drill.powercut.writer …`.

It uses what a shop uses (`bodega.databases.engine`, `write()`, `durable()`), with the durability it is
told. One of its threads plays the duplicate webhook: it only reads, finds an order that another thread
or process has just taken, and answers "we have it already".
"""

import json
import os
import random
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import bodega.databases  # noqa: F401 - first: one SQLite library

INSERT = "INSERT INTO orders (token, who, pad) VALUES (%s, %s, %s)"
NEWEST = "SELECT token FROM orders ORDER BY id DESC LIMIT 1"
LARGEST_ORDER = 3000  # bytes of padding
PAUSE_OF_A_READER = 0.001  # seconds
FRAMES_PER_CHECKPOINT = 100  # often, so that the log starts again many times in a second


@dataclass(frozen=True)
class Work:
    """What one process does. `reader`: how the thread that only reads acknowledges; "" for none."""

    database: str
    acknowledged: str
    durability: str
    reader: str
    threads: int
    orders: int
    seed: int


def run(work: Work) -> None:
    """Take `orders` on each of so many threads."""
    configure(work)
    log = os.open(work.acknowledged, os.O_WRONLY | os.O_APPEND)
    writers = [threading.Thread(target=_Writer(work, log, n)) for n in range(work.threads)]
    for thread in writers:
        thread.start()
    if work.reader:
        _Reader(work, log, writers)()
    for thread in writers:
        thread.join()


def configure(work: Work) -> None:
    """Any Django project with our engine."""
    import django
    from django.conf import settings

    options = {"role": "primary", "durability": work.durability}
    engine = {"ENGINE": "bodega.databases.engine", "NAME": Path(work.database), "OPTIONS": options}
    settings.configure(DATABASES={"default": engine})
    django.setup()


class _Doing:
    """A thread's work with a connection of its own."""

    def __init__(self, work: Work, log: int) -> None:
        self.work, self.log = work, log

    def acknowledge(self, token: str) -> None:
        """Somebody is told "thank you"."""
        os.write(self.log, f"{token}\n".encode())


class _Writer(_Doing):
    def __init__(self, work: Work, log: int, number: int) -> None:
        super().__init__(work, log)
        self.chance = random.Random(work.seed * 100 + number)  # noqa: S311 - sizes of orders
        self.name = f"{work.seed}-{number}"

    def __call__(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA wal_autocheckpoint={FRAMES_PER_CHECKPOINT}").fetchall()
        for number in range(1, self.work.orders + 1):
            self._order(number)

    def _order(self, number: int) -> None:
        from django.db import connection

        from bodega.databases.durability import write

        token = f"{self.name}-{number}"
        pad = "x" * self.chance.randrange(20, LARGEST_ORDER)
        with write("primary"), connection.cursor() as cursor:
            cursor.execute(INSERT, (token, self.name, pad))
            if number % 5 == 0:
                cursor.execute("UPDATE orders SET status = 'paid' WHERE id = %s", [number])
        self.acknowledge(token)


class _Reader(_Doing):
    def __init__(self, work: Work, log: int, writers: list[threading.Thread]) -> None:
        super().__init__(work, log)
        self.writers = writers

    def __call__(self) -> None:
        from django.db import connection

        from bodega.databases.durability import durable

        while any(writer.is_alive() for writer in self.writers):
            with connection.cursor() as cursor:
                cursor.execute(NEWEST)
                (token,) = cursor.fetchone()
            if self.work.reader == "barrier":
                durable()
            self.acknowledge(token)
            time.sleep(PAUSE_OF_A_READER)


def words(work: Work) -> list[str]:
    """The command line of a process that does this."""
    return [sys.executable, "-m", "bodega.ops.drill.powercut.writer", json.dumps(asdict(work))]


if __name__ == "__main__":
    run(Work(**json.loads(sys.argv[1])))
