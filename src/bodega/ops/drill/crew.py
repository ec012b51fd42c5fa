"""The driver's side of an agent: start it (in mount namespaces of its own), tell it things, end it."""

import contextlib
import json
import os
import select
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bodega.databases.exits import Exit

PATIENCE = 30.0  # seconds until an agent that does not end is killed
GUARDED = "guarded"  # instead of a library's name: the agent with Bodega's guards
OURS = {int(code) for code in Exit}


# A command that is run in the agent's own mount namespace before it starts. Needs root.
Preparation = list[str]


def bind(source: Path, target: Path) -> Preparation:
    """`target` is `source`, by another name."""
    return ["mount", "--bind", str(source), str(target)]


def memory(target: Path) -> Preparation:
    """`target` is a file system in memory that nobody else sees."""
    return ["mount", "-t", "tmpfs", "tmpfs", str(target)]


def overlay(lower: Path, upper: Path, work: Path, target: Path) -> Preparation:
    """`target` shows `lower`; what is written goes to `upper`, as in a container's own layer."""
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    return ["mount", "-t", "overlay", "overlay", "-o", options, str(target)]


def copy(source: Path, target: Path) -> Preparation:
    """Fill `target` with what is in `source`."""
    return ["cp", "-a", f"{source}/.", str(target)]


@dataclass(frozen=True)
class Ended:
    """How a guarded agent ended itself: before it was open, or later, and why."""

    was_open: bool
    code: int
    sentence: str


@dataclass
class Agent:
    """One living agent, and everything it was told and answered."""

    name: str
    kind: str
    database: Path
    before: Sequence[Preparation] = ()
    isolated: bool = False  # in a pid namespace, too
    environment: dict[str, str] = field(default_factory=dict)
    acknowledged: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    prevented: list[str] = field(default_factory=list)
    ended: Ended | None = None
    is_open: bool = False
    version: tuple[int, ...] = (0, 0, 0)
    generation: str = ""

    @property
    def is_serving(self) -> bool:
        """Whether it is open and still there."""
        return self.is_open and self.process.poll() is None

    def start(self) -> None:
        """Start the process; `open` is the first thing to tell it."""
        self._words = self.database.parent / f".agent-{self.name}-{id(self)}.log"
        with open(self._words, "wb") as words:
            self.process = subprocess.Popen(
                self._command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env={**os.environ, **self.environment},
            )

    def open(self, **how: Any) -> None:
        """Open the database; a guarded agent may refuse."""
        told = self.tell("open", path=str(self.database), **how)
        self.is_open = self.ended is None
        self.version = tuple(map(int, told.get("version", "0.0.0").split(".")))
        self.generation = told.get("generation", "")

    def tell(self, do: str, **how: Any) -> dict[str, Any]:
        """Give a command and wait for the answer; an agent that has ended answers nothing."""
        return self.hear() if self.ask(do, **how) else {}

    def ask(self, do: str, **how: Any) -> bool:
        """Give a command without waiting; False when nobody is there."""
        if self.process.stdin is None or self.process.poll() is not None:
            return False
        try:
            self.process.stdin.write(json.dumps({"do": do, **how}).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return False
        return True

    def has_answered(self, within: float) -> bool:
        """Whether the answer to what was asked is there, or comes in so many seconds."""
        assert self.process.stdout is not None
        return bool(select.select([self.process.stdout], [], [], within)[0])

    def hear(self) -> dict[str, Any]:
        """The answer to a command that was asked."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self._note_end()
            return {}
        answer: dict[str, Any] = json.loads(line)
        self.acknowledged += answer.get("acknowledged", [])
        self.errors += answer.get("errors", [])
        self.errors += [answer["failed"]] if "failed" in answer else []
        self.prevented += [answer["prevented"]] if "prevented" in answer else []
        return answer

    def commit(self, count: int = 1, pad: int = 20) -> None:
        """Let it insert orders, a transaction each."""
        self.tell("commit", count=count, pad=pad)

    def sql(self, statement: str) -> list[list[Any]]:
        """Let it run a statement; the rows."""
        rows: list[list[Any]] = self.tell("sql", statement=statement).get("rows", [])
        return rows

    def checkpoint(self, how: str = "PASSIVE") -> None:
        """Let it copy the log into the database."""
        self.sql(f"PRAGMA wal_checkpoint({how})")

    def close(self) -> None:
        """Let it close the database and end, as a container does that is told to stop."""
        self.tell("close")
        self.end()

    def kill(self) -> None:
        """SIGKILL."""
        if self.process.poll() is None:
            self.process.kill()
        self.end()

    def end(self) -> None:
        """Hang up and wait for the process."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._note_end()

    def said(self) -> str:
        """Why it ended, in its own words: the line that says so, or the last one."""
        lines = self._words.read_text(errors="replace").strip().splitlines()
        reasons = [line for line in lines if "acknowledges nothing" in line]
        return (reasons or lines or [""])[-1]

    def _note_end(self) -> None:
        code = self.process.wait()
        if self.ended is None and code in OURS:
            self.ended = Ended(self.is_open, code, self.said())
        elif code > 0 and self.ended is None:
            raise RuntimeError(f"agent {self.name} broke (exit code {code}): {self.said()}")

    def _command(self) -> list[str]:
        module = "guarded" if self.kind == GUARDED else "agent"
        library = [] if self.kind == GUARDED else [self.kind]
        plain = [sys.executable, "-m", f"bodega.ops.drill.{module}", *library, self.name]
        if not self.before and not self.isolated:
            return plain
        steps = [["mount", "--make-rprivate", "/"], *self.before]
        script = " && ".join([*map(shlex.join, steps), f"exec {shlex.join(plain)}"])
        spaces = ["-m", "-p", "--fork", "--kill-child"] if self.isolated else ["-m"]
        return ["unshare", *spaces, "sh", "-c", script]


def is_root() -> bool:
    """Whether mount namespaces may be made."""
    return os.geteuid() == 0
