"""Cutting the power a few hundred times in each mode, and counting."""

import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bodega.databases.layout import FILES
from bodega.ops.drill.evidence import Evidence, create, examine
from bodega.ops.drill.powercut.disk import Disk, cut
from bodega.ops.drill.powercut.recording import (
    ACKNOWLEDGED,
    SYNC,
    CannotRecord,
    Recorder,
    Recording,
)
from bodega.ops.drill.powercut.writer import Work, words

PROCESSES, THREADS, ORDERS = 3, 2, 120  # processes; threads of each; orders of each thread
PATIENCE = 90.0  # seconds for a process to take them


@dataclass(frozen=True)
class Mode:
    """How orders are made durable, and whether acknowledged ones must be lost in some cut."""

    name: str
    story: str
    durability: str
    reader: str
    must_lose: bool


FULL = "synchronous=FULL: every commit waits for the disk"
GROUP = "one shared sync before anything is acknowledged"
NORMAL = "synchronous=NORMAL and no barrier (control)"
READ = "group; a duplicate webhook is answered after the barrier"
READ_AT_ONCE = "group; a duplicate webhook is answered at once (control)"
MODES = (
    Mode("full", FULL, "full", "", must_lose=False),
    Mode("group", GROUP, "group", "", must_lose=False),
    Mode("normal", NORMAL, "normal", "", must_lose=True),
    Mode("read", READ, "group", "barrier", must_lose=False),
    Mode("read-at-once", READ_AT_ONCE, "group", "at once", must_lose=True),
)


@dataclass(frozen=True)
class Result:
    """One mode: what was recorded, and what the cuts did."""

    mode: Mode
    events: int
    syncs: int
    acknowledged: int
    cuts: int
    cuts_with_loss: int
    lost: int
    worst: int
    damaged: int

    @property
    def is_passed(self) -> bool:
        """Whether the controls lost something, the others nothing, and no database was damaged."""
        return (self.cuts_with_loss > 0) == self.mode.must_lose and not self.damaged


def drill(cuts: int, seed: int, scratch: Path | None = None) -> Iterator[Result]:
    """Every mode, one after the other. Raises CannotRecord."""
    for mode in MODES:
        with tempfile.TemporaryDirectory(prefix="bodega-powercut-", dir=scratch) as folder:
            recording = record(mode, Path(folder), seed)
            yield judge(mode, recording, random.Random(f"{seed} {mode.name}"), cuts)  # noqa: S311 - a model's weather


def record(mode: Mode, folder: Path, seed: int) -> Recording:
    """Several processes take orders on a fresh database, recorded. Raises CannotRecord.

    The seed decides about the orders; in which order the processes get their turn, the machine does.
    """
    database = folder / FILES["primary"].name
    create(database)
    with Recorder(folder, database) as recorder:
        files = str(database), str(recorder.acknowledged)
        seeds = range(seed * PROCESSES, (seed + 1) * PROCESSES)
        works = [Work(*files, mode.durability, mode.reader, THREADS, ORDERS, n) for n in seeds]
        environment = {**os.environ, **recorder.environment}
        running = [
            subprocess.Popen(words(work), env=environment, stderr=subprocess.PIPE, text=True)
            for work in works
        ]
        complaints = [process.communicate(timeout=PATIENCE)[1] for process in running]
        for process, complaint in zip(running, complaints, strict=True):
            if process.returncode:
                raise CannotRecord(f"a recorded process failed: {complaint.strip()[-300:]}")
        return recorder.recording()


def judge(mode: Mode, recording: Recording, chance: random.Random, cuts: int) -> Result:
    """Cut the power `cuts` times, recover, compare. `chance`: when, and what survives."""
    found = list(outcomes(recording, chance, cuts))
    return Result(
        mode,
        events=len(recording.events),
        syncs=sum(event.what == SYNC for event in recording.events),
        acknowledged=sum(event.place == ACKNOWLEDGED for event in recording.events),
        cuts=cuts,
        cuts_with_loss=sum(evidence.lost > 0 for evidence in found),
        lost=sum(evidence.lost for evidence in found),
        worst=max(evidence.lost for evidence in found),
        damaged=sum(evidence.integrity != "ok" for evidence in found),
    )


def outcomes(recording: Recording, chance: random.Random, cuts: int) -> Iterator[Evidence]:
    """What is found after each of so many power cuts."""
    last = len(recording.events)
    with tempfile.TemporaryDirectory(prefix="bodega-powercut-") as folder:
        for _ in range(cuts):
            moment = chance.randrange(last // 20, last + 1)
            yield recover(cut(recording, moment, chance), Path(folder))


def recover(disk: Disk, folder: Path) -> Evidence:
    """Switch the machine on again: SQLite opens what is there."""
    database = folder / "recovered.sqlite3"
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    database.write_bytes(disk.database)
    database.with_name(f"{database.name}-wal").write_bytes(disk.log)
    return examine(database, disk.acknowledged)
