"""Several threads and processes on one cache."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bodega.cache.backend import SqliteCache

COUNTING = """
import sys
import bodega.databases
from django.conf import settings
settings.configure(SECRET_KEY="test")
from bodega.cache.backend import SqliteCache
cache = SqliteCache(sys.argv[1], {})
for number in range(300):
    cache.incr("visits", 2)
    cache.decr("visits")
    cache.add(f"place {number}", sys.argv[2])
print(sum(cache.get(f"place {number}") == sys.argv[2] for number in range(300)))
"""


@pytest.mark.process
def test_counting_and_adding_are_exact_over_processes(cache: SqliteCache, volume: Path) -> None:
    cache.set("visits", 0)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", COUNTING, str(volume), name], stdout=subprocess.PIPE, text=True
        )
        for name in ("one", "two", "three")
    ]
    won = [int(child.communicate(timeout=60)[0]) for child in children]
    assert cache.get("visits") == 3 * 300
    assert sum(won) == 300  # each place was taken by exactly one of them


def test_counting_is_exact_over_threads(cache: SqliteCache) -> None:
    cache.set("visits", 0)
    cache.set("exact", 0.5)  # not an integer: the long way through a transaction

    def visit() -> None:
        for _ in range(100):
            cache.incr("visits")
            cache.incr("exact")

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (cache.get("visits"), cache.get("exact")) == (800, 800.5)


def test_counting_without_atomicity_would_lose_visits(cache: SqliteCache) -> None:
    """The control: read, add, write in three steps, two of them interleaved."""
    cache.set("visits", 0)
    one, two = cache.get("visits"), cache.get("visits")
    cache.set("visits", one + 1)
    cache.set("visits", two + 1)
    assert cache.get("visits") == 1
