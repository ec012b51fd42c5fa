"""Slow waits for a turn to write, of all processes of a volume: a line each, for doctor and people.

A process's own numbers (`waits`) end with it; what made a customer wait last night should not. Only
waits over a quarter of a second are written down, so this costs nothing while all is well. Two small
files at most: the older half is thrown away.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from bodega.databases.waits import SlowWait

FOLDER = "locks"
LARGEST = 65_536  # bytes of a file


def record(database: Path, wait: SlowWait) -> None:
    """Write a wait down. A word for people, no promise: a disk that is full keeps nobody from work."""
    path = _path(database)
    line = json.dumps(asdict(wait), ensure_ascii=False).encode() + b"\n"
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.write(descriptor, line)  # one write: lines of two processes do not mix
            is_large = os.fstat(descriptor).st_size > LARGEST
        finally:
            os.close(descriptor)
        if is_large:
            path.replace(_older(path))


def recent(database: Path, since: float) -> list[SlowWait]:
    """The waits that ended after `since` (seconds since 1970), oldest first."""
    path = _path(database)
    found = [*_read(_older(path)), *_read(path)]
    return sorted((wait for wait in found if wait.at >= since), key=lambda wait: wait.at)


def _path(database: Path) -> Path:
    return database.parent / FOLDER / f"waits-{database.name}.jsonl"


def _older(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")


def _read(path: Path) -> Iterator[SlowWait]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        with suppress(ValueError, TypeError):  # cut short by a process that died
            yield SlowWait(**json.loads(line))
