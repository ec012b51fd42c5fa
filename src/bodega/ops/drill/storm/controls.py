"""The drill's controls: take one protection away, and exactly what it protects from must be seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bodega.ops.drill.incident import vanishing
from bodega.ops.drill.storm.outcome import Plan, Storm
from bodega.ops.drill.storm.sides import Socket, Undrained
from bodega.ops.drill.storm.storm import Say, Setting, weather


@dataclass(frozen=True)
class Control:
    """`without`: what was taken away; `must`: be seen; `seen`: what was."""

    without: str
    must: str
    seen: str
    is_as_it_must: bool


def without_drain(scratch: Path, say: Say) -> Control:
    """Generations are killed at the switch."""
    setting = Setting((Undrained,), {"think": 0.02, "repeats": 0.0}, has_errands=False)
    storm = _storm(Plan(4, 20, 8, kill=0.0), scratch, (setting, say))
    failed, lost = len(storm.memories.failures), len(storm.verdict.lost)
    seen = f"{failed} failed requests, {lost} lost, {len(storm.verdict.doubled)} twice"
    return Control("drain", "requests fail, nothing is lost", seen, failed > 0 and not lost)


def without_keys(scratch: Path, say: Say) -> Control:
    """Every POST is sent twice, as after a cut, and says no key."""
    manners = {"think": 0.05, "repeats": 1.0, "has_keys": False}
    setting = Setting((Socket,), manners, has_errands=False)
    storm = _storm(Plan(1, 10, 4), scratch, (setting, say))
    doubled, lost = len(storm.verdict.doubled), len(storm.verdict.lost)
    seen = f"{doubled} cart lines doubled, {len(storm.differing)} other answers, {lost} lost"
    return Control(
        "idempotency", "cart lines are doubled, nothing is lost", seen, doubled > 0 and not lost
    )


def without_guards(scratch: Path, say: Say) -> Control:
    """An ordinary application is deployed three times; one process closes a second connection."""
    say("without guards")
    with TemporaryDirectory(prefix="bodega-storm-", dir=scratch) as folder:
        part, _ = vanishing.unsafe(Path(folder), lambda _kind, _sentence: None)
    lost, told = part.numbers["lost"], part.numbers["acknowledged"]
    seen = f"{lost} of {told} acknowledged orders lost"
    return Control("guards", "acknowledged orders are lost", seen, lost > 0)


Play = Callable[[Path, Say], Control]
ALL: tuple[Play, ...] = (without_drain, without_guards, without_keys)


def play(scratch: Path, say: Say) -> Iterator[Control]:
    """One after the other. Raises DrillBroke, OSError."""
    for control in ALL:
        yield control(scratch, say)


def _storm(plan: Plan, scratch: Path, how: tuple[Setting, Say]) -> Storm:
    """A storm that does harm, as it must; nothing of it is kept."""
    with TemporaryDirectory(prefix="bodega-storm-", dir=scratch) as folder:
        return weather(plan, Path(folder), how[1], how[0])
