"""Processes of a street's shop that are forked from one that is ready, and killed at any step."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.stories.street import Street, answers

T = TypeVar("T")
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Step:
    """Before `line` of `file` is run for the `hits`-th time; `of` is the function, `changed` what was
    different by then. For `cradle`."""

    file: str
    line: int
    hits: int
    of: str
    changed: str

    @property
    def point(self) -> tuple[str, int, int]:
        return self.file, self.line, self.hits

    def __str__(self) -> str:
        return f"{self.of}, {self.file}:{self.line} ({self.changed})"


@dataclass
class Company:
    """`web` is the web process that serves now; `without`: the guard that all processes are without."""

    street: Street
    cradle: "subprocess.Popen[str]"
    without: str = ""
    web: int = 0
    ended: dict[int, int] = field(default_factory=dict)

    def start(self, *words: str, step: Step | None = None, steps: Path | None = None) -> int:
        """A process of the shop that is killed before a step, or writes down its `steps`; its id."""
        told = self.ask(
            words=words,
            without=self.without,
            point=step and step.point,
            steps=steps and str(steps),
            world=[str(each) for each in world(self.street)],
        )
        return int(told["pid"])

    def ask(self, **command: Any) -> dict[str, Any]:
        assert self.cradle.stdin
        assert self.cradle.stdout
        print(json.dumps(command), file=self.cradle.stdin, flush=True)
        told: dict[str, Any] = json.loads(self.cradle.stdout.readline())
        return told

    def end_of(self, pid: int) -> int | None:
        """Its exit code, −9 when it was killed; None while it lives."""
        if pid not in self.ended:
            code = self.ask(end=pid)["code"]
            if code is None:
                return None
            self.ended[pid] = int(code)
        return self.ended[pid]

    def kill(self, pid: int) -> None:
        """kill −9 of one that lives."""
        if self.end_of(pid) is None:
            os.kill(pid, signal.SIGKILL)
            self.street.wait(lambda: self.end_of(pid) is not None, "the death of a process")

    def serve(self, **options: Any) -> None:
        """Begin to serve; the former web process is killed."""
        if self.web:
            self.kill(self.web)
        self.web = self.start("web", "--fd", str(self.street.listener.fileno()), **options)
        self.street.wait(lambda: answers(self.street) or self.has_fallen(), "the open shop")

    def has_fallen(self) -> bool:
        """Whether the web process was killed at its step. It must not end otherwise."""
        code = self.end_of(self.web)
        assert code in {None, KILLED}, code
        return code is not None

    def revive(self) -> None:
        """Serve again, if the web process has fallen."""
        if self.has_fallen():
            self.serve()

    def patiently(self, request: Callable[[], T]) -> T:
        """What somebody does whose request is not answered: the same again, when the shop is back."""
        try:
            return request()
        except httpx.TransportError:
            self.street.wait(self.has_fallen, "the death of the web process")
            self.serve()
            return request()


def world(street: Street) -> Iterator[Path]:
    """Where a step leaves its trace."""
    volume = street.volume
    for name in ("primary.sqlite3-wal", "queue.sqlite3-wal", "mail", "documents", "journal"):
        yield volume / name
    yield from (volume / "journal").glob("*.jsonl")
    yield bank_file(volume).with_name("bank.sqlite3-wal")


def bank_file(volume: Path) -> Path:
    """Where the bank of a company's street has its state: a step at the bank is to be seen too."""
    return volume.with_name("bank.sqlite3")


@contextmanager
def company(street: Street, without: str = "") -> Iterator[Company]:
    """All its processes end with the block."""
    with street.log.open("ab") as log:
        cradle = subprocess.Popen(
            [sys.executable, "-m", "tests.stories.cradle"],
            env={**os.environ, **street.environment},
            pass_fds=[street.listener.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with cradle:
        yield Company(street, cradle, without)
        assert cradle.stdin
        cradle.stdin.close()


def steps_in(path: Path) -> list[Step]:
    """What a process wrote down, but for what its idle loops saw of the others' doings."""
    steps = [Step(*json.loads(line)) for line in path.read_text().splitlines()]
    return list({each.point: each for each in steps if each.of not in IDLE}.values())


# They look around all the time, so how often depends on how long things take.
IDLE = {"run", "_sleep", "do_one", "relay_batch", "_relay_everything", "_look_around", "work"}
