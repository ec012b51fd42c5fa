"""Meeting the generations that live on this volume: are their files, locks and memory mine, too?

Seeing nobody proves nothing: a container with another view of the volume sees nobody either. So
whoever knows which generation is live (the supervisor; the proxy, from `/-/volume`) says so, and
exactly that one must answer. Whoever does answer must pass every test: byte locks in conflict, a
question answered through shared memory, the same inodes, SQLite's lock and a committed row seen
(design 3.2, rule 10).
"""

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bodega.databases.doorbell import ring
from bodega.databases.generations import BEAT_SECONDS, reply, whereabouts
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
    identities,
)
from bodega.databases.selftest import HAS_OFD, OFD_GETLK, is_locked

ANSWER_SECONDS = 3.0  # for somebody who holds his locks; a loaded machine is slow
RUMOUR_SECONDS = 0.25  # for somebody who does not
DEAD_AFTER = 2 * BEAT_SECONDS + 1.0  # seconds without a beat
LOOK_EVERY = 0.0005

BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@dataclass(frozen=True)
class Peer:
    """A generation in a slot. `complaints`: why it is not seen as it must be."""

    slot: int
    token: bytes
    posix_seen: bool
    ofd_seen: bool
    complaints: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.token.hex()

    @property
    def holds_locks(self) -> bool:
        return self.posix_seen or self.ofd_seen


def meet(register: Register) -> list[Peer]:
    """Every generation that lives, asked one after the other; the rows of the dead say "gone"."""
    with Lease("newcomers", register.directory):
        return [met for peer in _occupied(register) if (met := _ask(register, peer)) is not None]


def _occupied(register: Register) -> list[Peer]:
    # Under this lease nobody is between taking a slot and writing his name into it.
    with Lease("generations", register.directory):
        return list(_slots(register))


def _slots(register: Register) -> Iterator[Peer]:
    for slot in range(SLOTS):
        token = register.read(slot, ID)
        assert isinstance(token, bytes)
        posix = is_locked(register.posix, slot)
        ofd = is_locked(register.ofd, slot, OFD_GETLK) if HAS_OFD else posix
        if token != NOBODY or posix or ofd:
            yield Peer(slot, token, posix, ofd)


def _ask(register: Register, peer: Peer) -> Peer | None:
    """The peer with what is wrong with it; None when it is dead."""
    if peer.token == NOBODY:
        if _until(lambda: _has_ended(register, peer), ANSWER_SECONDS):
            return None  # it was just leaving
        return _with(peer, "somebody holds its lock, but has no name in shared memory")
    question = secrets.token_bytes(16)
    register.write(peer.slot, QUESTION, question)
    patience = ANSWER_SECONDS if peer.holds_locks else RUMOUR_SECONDS
    ring("generations", register.directory)
    if not _until(
        lambda: register.read(peer.slot, ANSWER) == reply(question, peer.token), patience
    ):
        return _silent(register, peer)
    complaints = [*_locks(peer), *_files(register, peer), *_canary(register, peer, question)]
    if complaints and _has_ended(register, peer):
        _bury(register, peer)
        return None
    return _with(peer, *complaints)


def _silent(register: Register, peer: Peer) -> Peer | None:
    if peer.holds_locks and not _has_ended(register, peer):
        return _with(
            peer, "it holds its locks, but does not answer: frozen, or its memory is not ours"
        )
    if not peer.holds_locks and not _is_dead_here(register, peer) and _beats(register, peer):
        return _with(peer, "it lives, but neither its locks nor its answers are seen from here")
    _bury(register, peer)
    return None


def _has_ended(register: Register, peer: Peer) -> bool:
    """Whether locks that were seen have gone since: it left, or was killed, while it was asked."""
    if not peer.holds_locks:
        return False
    if is_locked(register.posix, peer.slot):
        return False
    return not (HAS_OFD and is_locked(register.ofd, peer.slot, OFD_GETLK))


def _bury(register: Register, peer: Peer) -> None:
    """Note that it is dead: its slot is free, its row says "gone"."""
    if register.read(peer.slot, ID) == peer.token:
        register.write(peer.slot, ID, NOBODY)
    register.change(peer.id, "gone")


def _is_dead_here(register: Register, peer: Peer) -> bool:
    """Whether its process was one that we would see, and is gone."""
    for row in register.rows():
        if row.id == peer.id and row.whereabouts and row.whereabouts == whereabouts():
            try:
                os.kill(row.pid, 0)
            except ProcessLookupError:
                return True
            except PermissionError:
                return False
    return False


def _beats(register: Register, peer: Peer) -> bool:
    """Wait until it has either said that it lives, or been silent for too long."""
    last = register.read(peer.slot, BEAT)
    assert isinstance(last, float)
    patience = min(DEAD_AFTER, last + DEAD_AFTER - time.time())
    return _until(lambda: register.read(peer.slot, BEAT) != last, patience)


def _locks(peer: Peer) -> Iterator[str]:
    if not peer.posix_seen:
        yield "it lives, but its POSIX lock is not seen: SQLite's locks would not be either"
    if not peer.ofd_seen:
        yield "it lives, but the lock of its open file (OFD) is not seen"


def _files(register: Register, peer: Peer) -> Iterator[str]:
    mine = identities(register.directory)
    for name, theirs in register.files(peer.slot).items():
        if name not in mine:
            yield f"{name}, on which it works, is not here: deleted, or another view of the volume"
        elif mine[name] != theirs:
            yield f"{name} is not the file on which it works: replaced, restored or mounted over"


def _canary(register: Register, peer: Peer, question: bytes) -> Iterator[str]:
    """It writes a row into the canary: we must be locked out meanwhile, and see the row afterwards."""
    done = register.read(peer.slot, DONE)
    assert isinstance(done, int)
    order = done + 1 + done % 2
    if not _order(register, peer, order):
        yield "it does not write to the canary database"
        return
    if not _is_locked_out(register.table):
        yield "SQLite's write lock is not seen while it holds it"
    if not _order(register, peer, order + 1):
        yield "it does not commit to the canary database"
    seen = register.table.execute("SELECT 1 FROM canary WHERE question = ?", (question,)).fetchall()
    if not seen:
        yield "a row that it has committed is not seen"


def _order(register: Register, peer: Peer, order: int) -> bool:
    register.write(peer.slot, ORDER, order)
    ring("generations", register.directory)
    return _until(lambda: register.read(peer.slot, DONE) == order, ANSWER_SECONDS)


def _is_locked_out(table: sqlite3.Connection) -> bool:
    (patience,) = table.execute("PRAGMA busy_timeout").fetchone()
    table.execute("PRAGMA busy_timeout=0").fetchall()
    try:
        table.execute("BEGIN IMMEDIATE")
        table.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in BUSY:
            return True
        raise
    finally:
        table.execute(f"PRAGMA busy_timeout={patience}").fetchall()
    return False


def _with(peer: Peer, *complaints: str) -> Peer:
    return Peer(peer.slot, peer.token, peer.posix_seen, peer.ofd_seen, complaints)


def _until(is_so: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_EVERY)
    return True
