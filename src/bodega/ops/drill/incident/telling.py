"""How the story is told: short sentences as things happen, and what each part came to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Say = Callable[
    [str, str], None
]  # what kind of sentence ("title", "step", "fact", "good", "bad"), it


@dataclass
class Part:
    """One part of the story. `must`: what has to come of it; `is_right`: it did."""

    name: str
    title: str
    must: str
    sentences: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    is_right: bool = False


class Teller:
    """Tells one part, and remembers it."""

    def __init__(self, part: Part, say: Say) -> None:
        self.part = part
        self._say = say
        say("title", part.title)

    def step(self, sentence: str) -> None:
        """Something has just happened."""
        self._tell("step", sentence)

    def fact(self, sentence: str, **numbers: Any) -> None:
        """Something was found out; the numbers are for programs."""
        self.part.numbers |= numbers
        self._tell("fact", sentence)

    def end(self, is_right: bool, sentence: str) -> Part:
        """What it came to, and whether it had to."""
        self.part.is_right = is_right
        told = sentence if is_right else f"{sentence} That must not be: {self.part.must}"
        self._tell("good" if is_right else "bad", told)
        return self.part

    def _tell(self, kind: str, sentence: str) -> None:
        self.part.sentences.append(sentence)
        self._say(kind, sentence)
