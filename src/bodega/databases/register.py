"""What a volume has about its generations: lock files, shared memory, the table (design 6.2).

`locks/generations.posix` and `.ofd`: a byte for each slot, locked for life. `.memory`: two kilobytes for
each slot, mapped by everybody. `.sqlite3`: a row for each generation, and the canary. All of it tells
only of who lives, or lived: whatever is lost of it is made anew.
"""

import json
import mmap
import os
import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bodega.databases.disposable import is_damage
from bodega.databases.layout import FILES
from bodega.databases.leases import Lease
from bodega.databases.selftest import is_locked
from bodega.lib.clock import utc_now

State = Literal["starting", "live", "draining", "gone"]

SLOTS, SLOT_BYTES = 64, 2048
BUSY_SECONDS = 2.0
# id, beat (seconds since 1970), question, answer, order, order done, length of the files' identities
SLOT = struct.Struct("=16sd16s16sIIH")
ID, BEAT, QUESTION, ANSWER, ORDER, DONE, LENGTH = range(7)
OFFSETS = (0, 16, 24, 40, 56, 60, 64)
FILES_AT = SLOT.size
NOBODY = bytes(16)

SCHEMA = """
CREATE TABLE IF NOT EXISTS generation (
    id TEXT PRIMARY KEY, release TEXT NOT NULL, state TEXT NOT NULL, slot INTEGER NOT NULL,
    host TEXT NOT NULL, pid INTEGER NOT NULL, whereabouts TEXT NOT NULL, pids TEXT NOT NULL DEFAULT '[]',
    files TEXT NOT NULL DEFAULT '{}',
    started TEXT NOT NULL, changed TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS canary (question BLOB PRIMARY KEY);
"""


@dataclass(frozen=True)
class Row:
    """What is written down about a generation."""

    id: str
    release: str
    state: State
    slot: int
    host: str
    pid: int
    whereabouts: str
    pids: str  # JSON
    files: str  # JSON: what it works on, by name; {} until it is live
    started: str
    changed: str


class Register:
    """What a volume has about its generations: lock files, shared memory, the table."""

    def __init__(self, directory: Path) -> None:
        """Opens, and makes what is missing. Raises OSError, sqlite3.Error."""
        self.directory = directory
        self.folder = directory / "locks"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.posix = _kept_open(self.folder / "generations.posix")
        self._ofd = os.open(
            self.folder / "generations.ofd", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644
        )
        self.memory = _mapped(self.folder / "generations.memory")
        with Lease("register", directory):  # two newcomers must not both make the tables
            self.table = self._opened_table()

    @property
    def ofd(self) -> int:
        """The descriptor whose locks are ours, whatever else this process opens."""
        return self._ofd

    def read(self, slot: int, field: int) -> bytes | float | int:
        """One field of a slot, as it is now."""
        value: bytes | float | int = SLOT.unpack_from(self.memory, slot * SLOT_BYTES)[field]
        return value

    def write(self, slot: int, field: int, value: bytes | float | int) -> None:
        """Change one field of a slot, and no other: they belong to different processes."""
        kind = ("16s", "d", "16s", "16s", "I", "I", "H")[field]
        struct.pack_into(f"={kind}", self.memory, slot * SLOT_BYTES + OFFSETS[field], value)

    def put_files(self, slot: int, files: dict[str, list[int]]) -> None:
        """Say on which files (device, inode) the generation works."""
        text = json.dumps(files).encode()[: SLOT_BYTES - FILES_AT]
        at = slot * SLOT_BYTES + FILES_AT
        self.memory[at : at + len(text)] = text
        self.write(slot, LENGTH, len(text))

    def files(self, slot: int) -> dict[str, list[int]]:
        """On which files the generation of this slot works."""
        length = self.read(slot, LENGTH)
        assert isinstance(length, int)
        at = slot * SLOT_BYTES + FILES_AT
        found: dict[str, list[int]] = json.loads(self.memory[at : at + length] or b"{}")
        return found

    def rows(self) -> list[Row]:
        """Every generation that is written down, the newest first."""
        found = self.table.execute(
            "SELECT id, release, state, slot, host, pid, whereabouts, pids, files, started, changed"
            " FROM generation ORDER BY started DESC, rowid DESC"
        ).fetchall()
        return [Row(*row) for row in found]

    def change(self, identity: str, state: State) -> None:
        """Note a generation's new state."""
        moment = utc_now().isoformat(timespec="milliseconds")
        self.table.execute(
            "UPDATE generation SET state = ?, changed = ? WHERE id = ?", (state, moment, identity)
        )

    def _opened_table(self) -> sqlite3.Connection:
        path = self.folder / "generations.sqlite3"
        try:
            return open_table(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error) or any(is_locked(self.posix, slot) for slot in range(SLOTS)):
                raise
        for suffix in ("-wal", "-shm", ""):  # nobody lives, so it tells only of the dead
            path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
        return open_table(path)

    def close(self) -> None:
        """Give everything back; the POSIX descriptor stays, or this process's locks would go."""
        self.table.close()
        self.memory.close()
        os.close(self._ofd)


def identities(directory: Path, state: State = "live") -> dict[str, list[int]]:
    """Device and inode of each file that may not change under a generation in this state.

    The disposable files may be replaced at any time (`disposable`), and are not among them. The sidecars
    stay the same from the moment when the generation's processes hold their anchors: "live".
    """
    suffixes = ("", "-wal", "-shm") if state == "live" else ("",)
    found = {}
    for file in FILES.values():
        for name in [f"{file.name}{suffix}" for suffix in suffixes] if file.alias else ():
            try:
                about = os.stat(directory / name)
            except FileNotFoundError:
                continue
            found[name] = [about.st_dev, about.st_ino]
    return found


def state_of(directory: Path, identity: str) -> str:
    """Where a generation is in its life, for those who only want to know; "gone" for an unknown one."""
    try:
        row = _looked_up(directory, identity)
    except sqlite3.Error:
        return "unknown"
    return str(row[0]) if row else "gone"


def process_of(directory: Path, identity: str) -> tuple[int, str] | None:
    """Who answers for a generation that is not gone: its pid, and its whereabouts."""
    try:
        row = _looked_up(directory, identity)
    except sqlite3.Error:
        return None
    return (row[1], row[2]) if row and row[0] != "gone" else None


def _looked_up(directory: Path, identity: str) -> tuple[str, int, str] | None:
    """State, pid and whereabouts, without leaving a trace."""
    path = (directory / "locks" / "generations.sqlite3").absolute()
    table = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.1)
    try:
        row: tuple[str, int, str] | None = table.execute(
            "SELECT state, pid, whereabouts FROM generation WHERE id = ?", (identity,)
        ).fetchone()
    finally:
        table.close()
    return row


_posix: dict[tuple[int, int], int] = {}


def _kept_open(path: Path) -> int:
    """A descriptor for POSIX locks: one per process and file, never closed, because closing any
    descriptor of a file drops all locks that the process has on it."""
    path.touch(exist_ok=True)
    about = os.stat(path)
    key = about.st_dev, about.st_ino
    if key not in _posix:
        _posix[key] = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    return _posix[key]


def _mapped(path: Path) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if os.fstat(descriptor).st_size < SLOTS * SLOT_BYTES:
            os.ftruncate(descriptor, SLOTS * SLOT_BYTES)
        return mmap.mmap(descriptor, SLOTS * SLOT_BYTES)
    finally:
        os.close(descriptor)


def open_table(path: Path) -> sqlite3.Connection:
    """A connection to the table and the canary, with both there. Raises sqlite3.Error."""
    connection: sqlite3.Connection = sqlite3.connect(
        path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False
    )
    try:
        for pragma in ("journal_mode=wal", "synchronous=normal", "mmap_size=0"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.executescript(SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
