"""Recording what processes write, sync and acknowledge, and reading it back.

The recorder is a C library because SQLite is one: it sees the calls themselves (`recorder.c`).
"""

import shutil
import sqlite3
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

SOURCE = Path(__file__).with_name("recorder.c")
EVENT = struct.Struct("=QQqIIII")
ELSEWHERE, DATABASE, LOG, ACKNOWLEDGED = range(4)
WRITE, TRUNCATE, SYNC = 1, 2, 3
ACKNOWLEDGED_NAME = "acknowledged"  # the file, in any directory, to which tokens are written


class CannotRecord(RuntimeError):
    """The recorder cannot be built or a recorded process failed."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a file, in the order of `number`. See recorder.c."""

    number: int
    covers: int
    offset: int
    what: int
    place: int
    data: bytes


@dataclass(frozen=True)
class Recording:
    """What was there before, byte by byte, and everything that happened then."""

    database: bytes
    log: bytes
    tokens: tuple[str, ...]
    events: tuple[Event, ...]


class Recorder:
    """Notes what processes do to one database, from `with` to the end of the block."""

    def __init__(self, folder: Path, database: Path) -> None:
        """`folder`: for the notes; nobody else's. Raises CannotRecord without a C compiler."""
        self._library = build(folder)
        self._notes = folder / "notes"
        self._counter = folder / "counter"
        self._database = database
        self.acknowledged = folder / ACKNOWLEDGED_NAME

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process a recorded one."""
        return {
            "LD_PRELOAD": str(self._library),
            "DRILL_DATABASE": str(self._database),
            "DRILL_LOG": str(self._notes),
            "DRILL_COUNTER": str(self._counter),
        }

    def __enter__(self) -> "Recorder":
        self.acknowledged.touch()
        self._notes.touch()
        self._counter.write_bytes(bytes(8))
        self._anchor = sqlite3.connect(self._database)  # so that nobody's close removes the log
        rows = self._anchor.execute("SELECT token FROM orders").fetchall()
        self._tokens = tuple(token for (token,) in rows)
        log = self._database.with_name(f"{self._database.name}-wal")
        self._before = self._database.read_bytes(), log.read_bytes()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._anchor.close()

    def recording(self) -> Recording:
        """What was noted so far."""
        return Recording(*self._before, self._tokens, tuple(read(self._notes)))


def build(folder: Path) -> Path:
    """Compile the recorder. Raises CannotRecord when this machine has no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise CannotRecord(
            "the recorder is a small C library, and this machine has no compiler. "
            "Install one (on Debian: apt install gcc libc6-dev) and try again."
        )
    target = folder / "recorder.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(target), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRecord(f"the recorder does not compile here: {done.stderr.strip()[-300:]}")
    return target


def read(notes: Path) -> list[Event]:
    """What the recorder noted, in order."""
    content = notes.read_bytes()
    events, at = [], 0
    while at < len(content):
        number, covers, offset, what, place, length, _ = EVENT.unpack_from(content, at)
        at += EVENT.size
        events.append(Event(number, covers, offset, what, place, content[at : at + length]))
        at += length
    return sorted(events, key=lambda event: event.number)
