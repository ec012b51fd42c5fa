"""The fault matrix: every scenario without guards (an old and a fixed SQLite) and with them."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bodega.databases import mounts
from bodega.ops.drill import scenarios as _entered  # noqa: F401 - enters them into SCENARIOS
from bodega.ops.drill.crew import GUARDED, is_root
from bodega.ops.drill.evidence import Evidence
from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.powercut.recording import CannotRecord
from bodega.ops.drill.scenario import SCENARIOS, Scenario, Version
from bodega.ops.drill.stage import Stage

SYSTEM, BUNDLED = "sqlite3", "pysqlite3"
CONTROLS = (SYSTEM, BUNDLED)
AT_A_TIME = 3  # the agents mostly wait: for each other, for the disk


@dataclass(frozen=True)
class Control:
    """A scenario played by plain agents. `must_lose`: None for a version nobody has measured."""

    library: str
    version: Version
    evidence: Evidence
    must_lose: bool | None
    is_as_it_must: bool
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Guarded:
    """A scenario played by agents with Bodega's guards, and what these said."""

    evidence: Evidence
    outcome: Outcome
    is_as_it_must: bool
    sentences: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """One row of the matrix. `skipped`: why it was not played; "" when it was."""

    scenario: Scenario
    controls: tuple[Control, ...] = ()
    guarded: Guarded | None = None
    skipped: str = ""
    seconds: float = 0.0

    @property
    def is_passed(self) -> bool:
        """Whether every control failed as it must and the guards held."""
        held = self.guarded is None or self.guarded.is_as_it_must
        return held and all(control.is_as_it_must for control in self.controls)


def scratch_directory() -> Path:
    """A place on a local disk: nothing else passes the probe. Raises LookupError."""
    known = mounts.mounts() or []
    for place in map(Path, (tempfile.gettempdir(), "/var/tmp", ".")):  # noqa: S108 - mkdtemp follows
        if mounts.kind_of(place, known) in mounts.LOCAL and os.access(place, os.W_OK):
            return place
    raise LookupError("no scratch directory here is on a local disk. Name one: --scratch DIR")


def choose(names: Iterable[str]) -> list[Scenario]:
    """The scenarios of these names (a part of a name is enough), all for none. Raises LookupError."""
    wanted = list(names)
    found = [
        each for each in SCENARIOS.values() if not wanted or any(w in each.name for w in wanted)
    ]
    strangers = [word for word in wanted if not any(word in name for name in SCENARIOS)]
    if strangers:
        raise LookupError(
            f"there is no scenario '{strangers[0]}'. There are: {', '.join(SCENARIOS)}"
        )
    return found


def drill(chosen: Iterable[Scenario], scratch: Path | None = None) -> Iterator[Result]:
    """Play the scenarios, a few at a time, each in scratch directories of its own; in their order."""
    with ThreadPoolExecutor(AT_A_TIME) as stages:
        yield from stages.map(lambda scenario: play(scenario, scratch), chosen)


def play(scenario: Scenario, scratch: Path | None = None) -> Result:
    """One row: both controls, then with guards."""
    if scenario.needs_root and not is_root():
        return Result(scenario, skipped="needs root (mount namespaces)")
    began = time.monotonic()
    try:
        controls = tuple(control(scenario, library, scratch) for library in CONTROLS)
        held = guarded(scenario, scratch)
    except CannotRecord as reason:
        return Result(scenario, skipped=str(reason))
    return Result(scenario, controls, held, seconds=time.monotonic() - began)


def control(scenario: Scenario, library: str, scratch: Path | None = None) -> Control:
    """Play it without guards: what must be lost is lost, and only that."""
    with tempfile.TemporaryDirectory(prefix="bodega-drill-", dir=scratch) as folder:
        with Stage(Path(folder), library) as stage:
            evidence = scenario.run(stage) or stage.examine()
        version = stage.agents[0].version
        must_lose = scenario.loses.judge(version)
        is_right = must_lose in (None, evidence.is_loss) and (
            not must_lose or scenario.figure in (None, figure(evidence))
        )
        return Control(library, version, evidence, must_lose, is_right, stage.errors)


def guarded(scenario: Scenario, scratch: Path | None = None) -> Guarded:
    """Play it with guards: nothing acknowledged is lost, in the way that was promised."""
    with tempfile.TemporaryDirectory(prefix="bodega-drill-", dir=scratch) as folder:
        with Stage(Path(folder), GUARDED) as stage:
            evidence = scenario.run(stage) or stage.examine()
        outcome, sentences = stage.outcome()
        is_right = not evidence.is_loss and outcome in scenario.guard
        return Guarded(evidence, outcome, is_right, sentences, stage.errors)


def figure(evidence: Evidence) -> tuple[int, int, int]:
    """The three numbers of the incident: acknowledged, rows, sequence."""
    return evidence.acknowledged, evidence.rows, evidence.sequence
