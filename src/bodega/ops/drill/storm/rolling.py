"""Deploy after deploy on one side, at its moments; and SIGKILL at random ones."""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bodega.ops.drill.incident.premises import DrillBroke
from bodega.ops.drill.storm.sides import DidNotComeUp, Side

AGAIN_SECONDS = 0.5
KILL_WITHIN = 5.0  # seconds after a deploy was asked for: before, while and after the new one comes


@dataclass(frozen=True)
class Deploy:
    """`asked`: Unix time; `seconds`: until the new one was live; `why`: it is not, or ""."""

    side: str
    asked: float
    seconds: float
    why: str = ""


@dataclass
class Log:
    """What was done to the generations. `kills`: Unix times."""

    deploys: list[Deploy] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def live(self) -> list[Deploy]:
        return [each for each in self.deploys if not each.why]


class Roller(threading.Thread):
    """Deploys on one side at the given moments (Unix times); late ones follow as soon as they can."""

    def __init__(self, side: Side, moments: Sequence[float], kill: float, log: Log) -> None:
        super().__init__(name=f"deploys by {side.name}")
        self.error: DrillBroke | None = None
        self._side, self._moments, self._kill, self._log = side, moments, kill, log
        self._chance = random.Random(side.name)  # noqa: S311 - a model's weather

    def run(self) -> None:
        try:
            for moment in self._moments:
                if self._log.is_over.wait(max(0.0, moment - time.time())):
                    return
                killer = self._killer()
                self._deploy()
                killer.join()
        except DrillBroke as error:
            self.error = error

    def _deploy(self) -> None:
        """Ask for it, and again when it did not come up, as somebody would."""
        while True:
            began, why = time.time(), ""
            try:
                self._side.deploy()
            except DidNotComeUp as error:
                why = str(error)
            self._log.deploys.append(Deploy(self._side.name, began, time.time() - began, why))
            if not why or self._log.is_over.wait(AGAIN_SECONDS):
                return

    def _killer(self) -> threading.Thread:
        """A thread that kills one generation in a moment, or does nothing."""
        is_due = self._chance.random() < self._kill
        pause = self._chance.random() * KILL_WITHIN

        def kill() -> None:
            time.sleep(pause)
            if self._side.kill_one(self._chance):
                self._log.kills.append(time.time())

        thread = threading.Thread(target=kill if is_due else lambda: None)
        thread.start()
        return thread


def moments(begin: float, seconds: float, count: int, chance: random.Random) -> list[float]:
    """When to deploy: evenly, and yet nobody knows exactly when."""
    step = seconds / count
    return [begin + (n + chance.random() * 0.8) * step for n in range(count)]
