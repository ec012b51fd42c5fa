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
import logging
import os
import secrets
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bodega.databases.doorbell import Waiter, ring
from bodega.databases.leases import Lease
from bodega.databases.register import (
    ANSWER,
    BEAT,
    DONE,
    ID,
    NOBODY,
    ORDER,
    QUESTION,
    SLOTS,
    Register,
    State,
    identities,
    open_table,
)
from bodega.databases.selftest import HAS_OFD, OFD_SETLK, lock, unlock
from bodega.lib.clock import utc_now

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
# A newcomer says when the canary may commit; should it die meanwhile, nobody waits longer than this.
PATIENCE = 2.0
KEPT_ROWS = 200  # generations that are gone, for people who look back


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

    def note(self, state: State) -> None:
        """`tell`, on the way out: a disk that fails keeps nobody from ending in order."""
        try:
            self.tell(state)
        except (sqlite3.Error, OSError) as error:
            log.warning("That generation %s is %s cannot be noted: %s", self.id[:8], state, error)

    def leave(self) -> None:
        """Stop answering; the row says "gone".

        A disk that fails cannot be told; who looks finds no locks any more, and knows.
        """
        self._told_to_end = True
        try:
            ring("generations", self.register.directory)
            self._thread.join()
            self._waiter.close()
            self.register.write(self.slot, ID, NOBODY)
        except (sqlite3.Error, OSError) as error:
            log.warning("Nobody can be told that generation %s has ended: %s", self.id[:8], error)
        self.note("gone")
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
        self._canary = open_table(register.folder / "generations.sqlite3")
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


def whereabouts() -> str:
    """Which start of which machine this is, and which pid namespace; "" where the kernel does not say.

    A pid means something only to those who have the same whereabouts.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except FileNotFoundError:
        return ""
