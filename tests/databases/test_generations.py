"""Generations: rows, slots, states, answers that cost nothing while nobody asks."""

import json
import os
import resource
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.databases import generations, peers
from bodega.databases import register as register_module
from bodega.databases.generations import Generation, reply
from bodega.databases.register import BEAT, ID, NOBODY, Register, identities, state_of
from tests.databases.newcomers import living
from tests.waiting import until


@pytest.fixture
def register(volume: Path) -> Iterator[Register]:
    register = Register(volume)
    yield register
    register.close()


def joined(volume: Path) -> Generation:
    return Generation(Register(volume), "a release")


def test_a_generation_is_a_row_from_its_first_to_its_last_day(
    volume: Path, register: Register
) -> None:
    generation = joined(volume)
    (row,) = register.rows()
    assert (row.id, row.state, row.release, row.pid) == (
        *(generation.id, "starting", "a release"),
        os.getpid(),
    )
    generation.tell("live", (12, 13))
    assert state_of(volume, generation.id) == "live"
    assert json.loads(register.rows()[0].pids) == [12, 13]
    generation.tell("draining")
    assert state_of(volume, generation.id) == "draining"
    generation.leave()
    assert state_of(volume, generation.id) == "gone"


def test_a_stranger_is_gone_and_a_volume_without_generations_knows_nothing(volume: Path) -> None:
    assert state_of(volume, "nobody") == "unknown"
    Register(volume).close()
    assert state_of(volume, "nobody") == "gone"


def test_two_generations_have_two_slots(volume: Path) -> None:
    one, other = joined(volume), joined(volume)
    assert {one.slot, other.slot} == {0, 1}
    one.leave()
    third = joined(volume)
    assert third.slot == 0
    other.leave()
    third.leave()


def test_when_all_slots_are_taken_nobody_joins(
    volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "SLOTS", 1)
    one = joined(volume)
    register = Register(volume)
    with pytest.raises(RuntimeError, match="1 generations are alive"):
        Generation(register, "too many")
    one.leave()
    register.close()


def test_only_the_generation_itself_can_answer_and_only_this_question() -> None:
    assert reply(b"q" * 16, b"a" * 16) == reply(b"q" * 16, b"a" * 16)
    assert reply(b"q" * 16, b"a" * 16) != reply(b"q" * 16, b"b" * 16)
    assert reply(b"q" * 16, b"a" * 16) != reply(b"r" * 16, b"a" * 16)


def test_the_files_are_those_that_may_not_change(volume: Path) -> None:
    for name in ("primary.sqlite3", "primary.sqlite3-wal", "cache.sqlite3", "queue.sqlite3"):
        (volume / name).touch()
    assert set(identities(volume)) == {"primary.sqlite3", "primary.sqlite3-wal", "queue.sqlite3"}
    assert set(identities(volume, "starting")) == {"primary.sqlite3", "queue.sqlite3"}


def test_waiting_for_questions_costs_nothing(volume: Path) -> None:
    generation = joined(volume)
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    until(lambda: time.monotonic() > began + 1.0)  # half of it is this loop's own
    after = resource.getrusage(resource.RUSAGE_SELF)
    generation.leave()
    switches = after.ru_nvcsw - before.ru_nvcsw
    assert switches < 400  # the loop's 200, not the 500 of a thread that looks every 2 ms


def test_a_newcomer_that_dies_in_the_middle_does_not_keep_the_canary_locked(
    volume: Path, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "PATIENCE", 0.1)
    generation = joined(volume)
    (peer,) = peers._occupied(register)
    assert peers._order(register, peer, 1)
    assert peers._is_locked_out(register.table)
    until(lambda: not peers._is_locked_out(register.table))
    generation.leave()


def test_rows_of_the_dead_say_so_once_somebody_looks(volume: Path, register: Register) -> None:
    with living(volume) as peer:
        assert state_of(volume, peer.id) == "live"
        peer.process.kill()
        peer.process.wait()
        assert state_of(volume, peer.id) == "live"  # nobody has looked yet
        assert peers.meet(register) == []
        assert state_of(volume, peer.id) == "gone"


def test_a_generation_of_another_container_is_dead_when_it_stops_beating(
    volume: Path, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "DEAD_AFTER", 0.3)
    register.write(5, BEAT, time.time())
    register.write(5, ID, b"x" * 16)
    assert peers.meet(register) == []
    assert register.read(5, ID) == NOBODY


def test_a_generation_that_beats_but_cannot_be_seen_is_no_dead_one(
    volume: Path, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.write(5, BEAT, time.time())
    register.write(5, ID, b"x" * 16)

    def beat_and_wait(_seconds: float) -> None:
        register.write(5, BEAT, time.time())

    monkeypatch.setattr("bodega.databases.peers.time.sleep", beat_and_wait)
    (peer,) = peers.meet(register)
    assert peer.complaints == (
        "it lives, but neither its locks nor its answers are seen from here",
    )


def test_old_rows_are_forgotten(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "KEPT_ROWS", 3)
    for _ in range(5):
        joined(volume).leave()
    register = Register(volume)
    assert len(register.rows()) <= 4
    register.close()


def test_a_damaged_table_is_made_anew_when_nobody_lives(volume: Path) -> None:
    joined(volume).leave()
    (volume / "locks" / "generations.sqlite3").write_bytes(b"no database at all" * 500)
    generation = joined(volume)
    assert state_of(volume, generation.id) == "starting"
    generation.leave()


def test_a_damaged_table_is_not_touched_while_somebody_lives(
    volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_path: Path) -> sqlite3.Connection:
        error = sqlite3.DatabaseError("file is not a database")
        error.sqlite_errorcode = sqlite3.SQLITE_NOTADB
        raise error

    with living(volume):
        monkeypatch.setattr(register_module, "open_table", damaged)
        with pytest.raises(sqlite3.DatabaseError, match="not a database"):
            Register(volume)
        assert (volume / "locks" / "generations.sqlite3").exists()
