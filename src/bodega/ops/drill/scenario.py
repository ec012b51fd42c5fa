"""What a scenario is: a story, a procedure, and what must come of it without and with the guards."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from bodega.ops.drill.evidence import Evidence
from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.stage import Stage

Procedure = Callable[[Stage], Evidence | None]
Version = tuple[int, ...]

MEASURED = (3, 40, 1)  # Debian 12's, the older column of the table in design 3.1
RESET_RACE_FIXED = (3, 51, 3)


class Loses(Enum):
    """What a plain application must come to, by the version of its SQLite."""

    ALWAYS = "with every version"
    OLD = "up to 3.40.1"
    RACE = "before 3.51.3"
    NEVER = "with no version"

    def judge(self, version: Version) -> bool | None:
        """Must it lose? None: this version was not measured, so nobody knows."""
        if self is Loses.RACE:
            return version < RESET_RACE_FIXED
        if self is Loses.OLD:
            between = MEASURED < version < RESET_RACE_FIXED
            return None if between else version <= MEASURED
        return self is Loses.ALWAYS


@dataclass(frozen=True)
class Scenario:
    """One row of the table. `figure`: acknowledged, rows, sequence of the loss, when it is exact."""

    name: str
    story: str
    run: Procedure
    loses: Loses
    guard: tuple[Outcome, ...]
    figure: tuple[int, int, int] | None = None
    needs_root: bool = False


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    loses: Loses,
    *guard: Outcome,
    figure: tuple[int, int, int] | None = None,
    needs_root: bool = False,
) -> Callable[[Procedure], Procedure]:
    """Enter a procedure into the table: its name is the scenario's, its docstring the story."""

    def enter(procedure: Procedure) -> Procedure:
        name = procedure.__name__.replace("_", "-")
        story = " ".join((procedure.__doc__ or "").split()).rstrip(".")
        SCENARIOS[name] = Scenario(name, story, procedure, loses, guard, figure, needs_root)
        return procedure

    return enter
