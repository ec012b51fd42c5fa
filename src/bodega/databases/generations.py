"""The generations of a shop: a row each, and kernel locks that say which of them live (design 6.2).

A generation is one start of the shop: a release, a process that answers for it, its children. Several
may live at once on one volume, in several containers. Each has a *slot*:

* two byte locks, one POSIX and one OFD, held for life: the kernel drops them in the instant it dies;
* a piece of shared memory, in which it answers the questions of newcomers (`peers`);
* a row in `generations.sqlite3`, for people and for `bodega doctor`. The same file is the canary: a
  newcomer must see that it is locked while the generation writes, and see the row that was written.

A thread answers. It sleeps on a bell and costs nothing while nobody asks, except that it says "I live"
every other second: a generation whose locks cannot be seen must not be taken for a dead one.
"""

import hashlib
import json
import mmap
import os
import secrets
import socket
import sqlite3
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bodega.databases.disposable import is_damage
from bodega.databases.doorbell import Waiter, ring
from bodega.databases.layout import FILES
from bodega.databases.leases import Lease
from bodega.databases.selftest import HAS_OFD, OFD_SETLK, is_locked, lock, unlock
from bodega.lib.clock import utc_now

State = Literal["starting", "live", "draining", "gone"]

SLOTS, SLOT_BYTES = 64, 2048
BEAT_SECONDS = 2.0
# A newcomer says when the canary may commit; should it die meanwhile, nobody waits longer than this.
PATIENCE = 2.0
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
KEPT_ROWS = 200  # generations that are gone, for people who look back


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
            return _table(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error) or any(is_locked(self.posix, slot) for slot in range(SLOTS)):
                raise
        for suffix in ("-wal", "-shm", ""):  # nobody lives, so it tells only of the dead
            path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
        return _table(path)

    def close(self) -> None:
        """Give everything back; the POSIX descriptor stays, or this process's locks would go."""
        self.table.close()
        self.memory.close()
        os.close(self._ofd)


class Generation:
    """This process's generation: joined once, told its state, left at the end."""

    def __init__(self, register: Register, release: str) -> None:
        """Take a slot, write the row, begin to answer. Raises RuntimeError when all slots are taken."""
        self.register = register
        self.token = secrets.token_bytes(16)
        self.release = release
        self.state: State = "starting"
        self._told_to_end = False
        with Lease("generations", register.directory):
            self.slot = self._take_slot()
            self._move_in()
        self._waiter = Waiter("generations", register.directory)
        self._thread = threading.Thread(
            target=self._answer_for_ever, name="generation", daemon=True
        )
        self._thread.start()

    @property
    def id(self) -> str:
        """Its name: what `--expect-generation` takes."""
        return self.token.hex()

    def tell(self, state: State, pids: tuple[int, ...] = ()) -> None:
        """Note where it is in its life. The files it works on are taken down again: with its
        connections open, they stay the same from now on."""
        self.state = state
        files = identities(self.register.directory, state)
        if state != "gone":
            self.register.put_files(self.slot, files)
        if state == "live":
            self.register.table.execute(
                "UPDATE generation SET pids = ?, files = ? WHERE id = ?",
                (json.dumps(pids), json.dumps(files), self.id),
            )
        self.register.change(self.id, state)

    def leave(self) -> None:
        """Stop answering; the row says "gone"."""
        self._told_to_end = True
        ring("generations", self.register.directory)
        self._thread.join()
        self._waiter.close()
        self.register.write(self.slot, ID, NOBODY)
        self.tell("gone")
        unlock(self.register.posix, self.slot)  # its descriptor stays open, see `_kept_open`
        self.register.close()

    def _take_slot(self) -> int:
        for slot in range(SLOTS):
            if HAS_OFD and not lock(self.register.ofd, slot, OFD_SETLK):
                continue
            if lock(self.register.posix, slot):
                return slot
            if HAS_OFD:
                unlock(self.register.ofd, slot, OFD_SETLK)
        raise RuntimeError(f"{SLOTS} generations are alive on this volume; end some of them first.")

    def _move_in(self) -> None:
        register, moment = self.register, utc_now().isoformat(timespec="milliseconds")
        for field in (QUESTION, ANSWER):
            register.write(self.slot, field, NOBODY)
        for field in (ORDER, DONE):
            register.write(self.slot, field, 0)
        register.put_files(self.slot, identities(register.directory, "starting"))
        register.write(self.slot, BEAT, time.time())
        register.write(self.slot, ID, self.token)
        where = (socket.gethostname(), os.getpid(), whereabouts())
        register.table.execute(
            "INSERT INTO generation (id, release, state, slot, host, pid, whereabouts, started, changed)"
            " VALUES (?, ?, 'starting', ?, ?, ?, ?, ?, ?)",
            (self.id, self.release, self.slot, *where, moment, moment),
        )
        register.table.execute(
            "DELETE FROM generation WHERE state = 'gone' AND id NOT IN"
            " (SELECT id FROM generation ORDER BY started DESC LIMIT ?)",
            (KEPT_ROWS,),
        )

    def _answer_for_ever(self) -> None:
        answerer = _Answerer(self.register, self.slot, self.token)
        while not self._told_to_end:
            answerer.answer()
            self.register.write(self.slot, BEAT, time.time())
            self._waiter.wait(answerer.patience)
        answerer.close()


class _Answerer:
    """Answers newcomers' questions. Its canary connection is its thread's own."""

    def __init__(
        self,
        register: Register,
        slot: int,
        token: bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._register, self._slot, self._token, self._clock = register, slot, token, clock
        self._canary = _table(register.folder / "generations.sqlite3")
        self._give_up_at = 0.0

    @property
    def patience(self) -> float:
        """Seconds until the next look, if nobody rings before."""
        return PATIENCE / 4 if self._canary.in_transaction else BEAT_SECONDS

    def answer(self) -> None:
        """Look whether somebody asked, and answer."""
        register, slot = self._register, self._slot
        question = register.read(slot, QUESTION)
        assert isinstance(question, bytes)
        if question != NOBODY:
            register.write(slot, ANSWER, reply(question, self._token))
        order = register.read(slot, ORDER)
        assert isinstance(order, int)
        if order != register.read(slot, DONE):
            self._obey(order, question)
            register.write(slot, DONE, order)
        elif self._canary.in_transaction and self._clock() > self._give_up_at:
            self._canary.execute("COMMIT")

    def close(self) -> None:
        self._canary.close()

    def _obey(self, order: int, question: bytes) -> None:
        """Odd: write a row and keep the lock. Even: commit."""
        if self._canary.in_transaction:
            self._canary.execute("COMMIT")
        if order % 2:
            self._canary.execute("BEGIN IMMEDIATE")
            self._canary.execute("DELETE FROM canary")
            self._canary.execute("INSERT INTO canary VALUES (?)", (question,))
            self._give_up_at = self._clock() + PATIENCE


def reply(question: bytes, token: bytes) -> bytes:
    """The answer that only the generation of this id gives, and only to this question."""
    return hashlib.blake2b(question, key=token, digest_size=16).digest()


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
    path = directory / "locks" / "generations.sqlite3"
    try:
        table = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.1)
        try:
            row = table.execute("SELECT state FROM generation WHERE id = ?", (identity,)).fetchone()
        finally:
            table.close()
    except sqlite3.Error:
        return "unknown"
    return str(row[0]) if row else "gone"


def whereabouts() -> str:
    """Which start of which machine this is, and which pid namespace; "" where the kernel does not say.

    A pid means something only to those who have the same whereabouts.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except FileNotFoundError:
        return ""


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


def _table(path: Path) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(
        path, isolation_level=None, timeout=PATIENCE, check_same_thread=False
    )
    try:
        for pragma in ("journal_mode=wal", "synchronous=normal", "mmap_size=0"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.executescript(SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
