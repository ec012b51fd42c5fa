"""When deploys happen, and what happens when one does not come up."""

import random
import time
from itertools import pairwise

import pytest

from bodega.ops.drill.incident.premises import DrillBroke
from bodega.ops.drill.storm.rolling import Log, Roller, moments
from bodega.ops.drill.storm.sides import DidNotComeUp


class Side:
    """Deploys in no time; every other one does not come up, or the whole side breaks."""

    name, address = "side", ("127.0.0.1", 0)

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes, self.kills = list(outcomes), 0

    def deploy(self) -> None:
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome:
            raise outcome

    def kill_one(self, chance: random.Random) -> bool:
        self.kills += 1
        return True

    def close(self) -> None:
        """Nothing is open."""


def rolled(side: Side, count: int, kill: float = 0.0) -> tuple[Roller, Log]:
    log = Log()
    roller = Roller(side, [time.time()] * count, kill, log)
    roller.start()
    roller.join(30)
    return roller, log


def test_who_does_not_come_up_is_asked_for_again() -> None:
    _, log = rolled(Side(None, DidNotComeUp("no room")), 2)
    assert [each.why for each in log.deploys] == ["", "no room", ""]
    assert len(log.live) == 2


def test_a_side_that_breaks_ends_the_drill() -> None:
    roller, log = rolled(Side(DrillBroke("bodega up ended")), 3)
    assert str(roller.error) == "bodega up ended"
    assert log.deploys == []


def test_nobody_deploys_any_more_once_it_is_over() -> None:
    log = Log()
    log.is_over.set()
    roller = Roller(Side(), [time.time() + 600], 0.0, log)
    roller.start()
    roller.join(10)
    assert not roller.is_alive()
    assert log.deploys == []


def test_each_deploy_has_its_chance_of_a_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bodega.ops.drill.storm.rolling.KILL_WITHIN", 0.0)
    always, never = Side(), Side()
    assert len(rolled(always, 4, kill=1.0)[1].kills) == always.kills == 4
    assert rolled(never, 4, kill=0.0)[1].kills == []


def test_moments_are_spread_over_the_time_and_never_fall_together() -> None:
    found = moments(100.0, 60.0, 12, random.Random(1))
    assert found == sorted(found)
    assert found[0] >= 100.0
    assert found[-1] <= 160.0
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(found))
