"""How fast is the cache? `python bench/cache.py [--rounds N] [--count N] [--json FILE]`

Beside `bodega.cache` the same reads and writes are done by raw sqlite3 (the limit: one prepared
statement and nothing else), by Django's own DatabaseCache on the same engine, and by LocMemCache (no
file, no other process). Every round measures all of them one after the other; told are medians over the
rounds, in microseconds an operation. On a noisy machine the ratios count, not the numbers.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import bodega.databases  # noqa: F401 - first: one SQLite library in this process
from bodega.databases.opening import open_file

KEYS = 2_000  # all of them fit into every one of the caches
VALUES: dict[str, Any] = {
    "1 KB of text": "x" * 1_000,
    "a small dictionary": {"id": 7, "name": "Blue Heron", "price": 4900, "sizes": ["A4", "A3"]},
    "a tuple (signed)": (1, 2.5, "x" * 1_000),
}

Get = Callable[[str], Any]
Set = Callable[[str, Any], Any]


@dataclass
class Row:
    """Medians over the rounds, in microseconds."""

    cache: str
    value: str
    get_p50: float
    get_p99: float
    set_p50: float
    set_p99: float


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description="How fast is the cache?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=10_000, help="operations of a kind and round")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as volume:
        rows = measure(competitors(Path(volume)), options.rounds, options.count)
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def competitors(volume: Path) -> dict[str, tuple[Get, Set]]:
    """Name → get and set."""
    import django
    from django.conf import settings
    from django.core.cache import caches
    from django.core.management import call_command

    django_cache = "django.core.cache.backends"
    options = {"OPTIONS": {"MAX_ENTRIES": 10 * KEYS}}
    settings.configure(
        SECRET_KEY="only for measuring",
        DATABASES={"default": {"ENGINE": "bodega.databases.engine", "NAME": volume / "t.sqlite3"}},
        CACHES={
            "default": {"BACKEND": "bodega.cache.backend.SqliteCache", "LOCATION": volume},
            "db": {"BACKEND": f"{django_cache}.db.DatabaseCache", "LOCATION": "c", **options},
            "locmem": {"BACKEND": f"{django_cache}.locmem.LocMemCache", **options},
        },
    )
    django.setup()
    call_command("createcachetable", verbosity=0)
    names = {"default": "bodega.cache", "db": "DatabaseCache", "locmem": "LocMemCache"}
    made = {name: (caches[alias].get, caches[alias].set) for alias, name in names.items()}
    return {"raw sqlite3 (limit)": raw(volume / "raw"), **made}


def raw(directory: Path) -> tuple[Get, Set]:
    """The least that a cache in SQLite can do: one row by its number, with the same pragmas."""
    directory.mkdir()
    connection = open_file("cache", directory)
    connection.execute("CREATE TABLE raw (hash INTEGER PRIMARY KEY, value)")

    def read(key: str) -> Any:
        return connection.execute("SELECT value FROM raw WHERE hash = ?", (hash(key),)).fetchone()

    def write(key: str, value: Any) -> None:
        stored = value if isinstance(value, str) else repr(value)
        connection.execute("REPLACE INTO raw VALUES (?, ?)", (hash(key), stored))

    return read, write


def measure(caches: dict[str, tuple[Get, Set]], rounds: int, count: int) -> list[Row]:
    """All caches, values and rounds."""
    found: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for _ in range(rounds):
        for name, (get, set_) in caches.items():
            for title, value in VALUES.items():
                sets = timed(lambda key, value=value, set_=set_: set_(key, value), count)
                gets = timed(get, count)
                found.setdefault((name, title), []).append((*gets, *sets))
    return [
        Row(name, title, *(round(median(column), 1) for column in zip(*runs, strict=True)))
        for (name, title), runs in found.items()
    ]


def timed(operation: Callable[[str], Any], count: int) -> tuple[float, float]:
    """The median and the 99th percentile of an operation, in microseconds."""
    keys = [f"page:product:{number % KEYS}" for number in range(count)]
    took = []
    for key in keys:
        began = time.perf_counter_ns()
        operation(key)
        took.append(time.perf_counter_ns() - began)
    took.sort()
    return took[count // 2] / 1e3, took[count * 99 // 100] / 1e3


def table(rows: list[Row]) -> str:
    lines = ["| cache | value | get p50 µs | p99 | set p50 µs | p99 |", "|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(map(str, asdict(row).values())) + " |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
