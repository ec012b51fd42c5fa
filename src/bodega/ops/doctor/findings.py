"""What a check says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad it is; the exit code is the worst of all."""

    OK = 0
    WARN = 1
    BAD = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """One result. `id`: "theme.check", stable, for programs. `hint`: the next step, often a command."""

    id: str
    level: Level
    sentence: str
    hint: str = ""


def ok(id_: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(id_, Level.OK, sentence)


def warn(id_: str, sentence: str, hint: str) -> Finding:
    """Works, but somebody should look."""
    return Finding(id_, Level.WARN, sentence, hint)


def bad(id_: str, sentence: str, hint: str) -> Finding:
    """Something is broken or will be."""
    return Finding(id_, Level.BAD, sentence, hint)


def unless(problems: Iterable[Finding], otherwise: Finding) -> Iterator[Finding]:
    """The problems, or `otherwise` when there is none: every check says something."""
    found = list(problems)
    yield from found or [otherwise]


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level."""
    return max((each.level for each in findings), default=Level.OK)
