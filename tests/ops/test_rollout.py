"""The deploy as a procedure, turn by turn, with a generation that does what a test says."""

from collections.abc import Iterator
from typing import Any

import pytest

from bodega.ops.release import Release
from bodega.ops.rollout import OPEN_SECONDS, Wish, roll_out
from bodega.ops.terms import Terms

RELEASE = Release("r2", "/r2", "python", "")


class Wire:
    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def tell(self, **word: Any) -> None:
        self.told.append(word)

    def close(self) -> None:
        self.told.append({"closed": True})


class Generation:
    """Stands in for `Started`."""

    def __init__(self, name: str, state: str = "starting") -> None:
        self.name, self.state, self.step, self.why = name, state, "", ""
        self.has_ended = False
        self.wire = Wire()
        self.chapter = type("Chapter", (), {"id": name})()

    def drain(self, _patience: float, _now: float) -> None:
        self.state = "draining"


class Shop:
    """Stands in for `Overseer`."""

    def __init__(self) -> None:
        self.terms = Terms(ready=10.0)
        self.now = 0.0
        self.old, self.new = Generation("old", "live"), Generation("new")
        self.outcome = ""

    def clock(self) -> float:
        return self.now

    @property
    def living(self) -> list[Generation]:
        return [each for each in (self.old, self.new) if not each.has_ended]

    def start(self, _wish: Wish) -> Generation:
        return self.new

    def note_live(self, _wish: Wish, new: Generation, _seconds: float) -> None:
        new.state, self.outcome = "live", "live"

    def note_failure(self, _wish: Wish, _new: Generation, why: str) -> None:
        self.outcome = why


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def caller() -> Wire:
    return Wire()


@pytest.fixture
def procedure(shop: Shop, caller: Wire) -> Iterator[None]:
    return roll_out(shop, Wish(RELEASE, caller))  # type: ignore[arg-type]  # stand-ins


def turn(procedure: Iterator[None]) -> bool:
    """One turn; False when the procedure is over."""
    return next(procedure, "over") != "over"


def test_the_old_one_is_told_to_go_only_when_the_new_one_is_open(
    shop: Shop, caller: Wire, procedure: Iterator[None]
) -> None:
    assert turn(procedure)
    assert shop.new.wire.told == [], "not ready: nobody is let in"
    shop.new.step = "ready"
    assert turn(procedure)
    assert shop.new.wire.told == [{"do": "open"}]
    assert shop.old.state == "live"
    shop.new.step = "open"
    assert turn(procedure)
    assert (shop.outcome, shop.old.state) == ("live", "draining")
    assert not caller.told, "the last word comes when the old one is gone"
    shop.old.has_ended = True
    assert not turn(procedure)
    assert caller.told[0]["end"] == "live"


@pytest.mark.parametrize("step", ["", "joined", "tables"])
def test_one_that_is_not_ready_in_time_is_removed_and_the_old_one_stays(
    shop: Shop, procedure: Iterator[None], step: str
) -> None:
    assert turn(procedure)
    shop.now, shop.new.step = 10.1, step
    assert turn(procedure)
    assert shop.new.state == "draining"
    assert turn(procedure), "until it is really gone"
    shop.new.has_ended = True
    assert not turn(procedure)
    assert f"was not ready within 10 s (last step: {step or 'none'})" in shop.outcome
    assert shop.old.state == "live"


def test_waiting_for_room_is_not_held_against_it(shop: Shop, procedure: Iterator[None]) -> None:
    shop.new.step = "waiting"
    for second in range(100):
        shop.now = float(second)
        assert turn(procedure)
    shop.new.step = "ready"
    assert turn(procedure)
    assert shop.new.wire.told == [{"do": "open"}]


def test_one_that_refuses_or_dies_leaves_the_old_one_alone(
    shop: Shop, procedure: Iterator[None]
) -> None:
    assert turn(procedure)
    shop.new.step, shop.new.why = "refused", "wrong volume"
    assert turn(procedure)
    shop.new.has_ended = True
    assert not turn(procedure)
    assert (shop.outcome, shop.old.state) == ("wrong volume", "live")


def test_one_that_is_told_to_open_and_does_not_is_removed(
    shop: Shop, procedure: Iterator[None]
) -> None:
    shop.new.step = "ready"
    assert turn(procedure)
    shop.now = OPEN_SECONDS + 1
    assert turn(procedure)
    assert shop.new.state == "draining"
    shop.new.has_ended = True
    assert not turn(procedure)
    assert "was not open within" in shop.outcome
    assert shop.old.state == "live"
