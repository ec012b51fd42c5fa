"""What the buyers remember: lines of a file, written by their process, read by the drill."""

import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request. `at`: Unix time; `failure`: "" for the expected answer, or what it looked like."""

    at: float
    seconds: float
    step: str
    is_kept: bool
    failure: str = ""


@dataclass(frozen=True)
class Repeat:
    """A POST that was sent again with its key. `why`: "cut", or "on purpose" (it had been answered).

    `at`: Unix time of the try that was answered; `is_replay`: the answer said that it was the first
    one's again; `session`: of the bank, when the answer names one; `difference`: from the first answer.
    """

    step: str
    why: str
    at: float
    is_replay: bool
    session: str = ""
    difference: str = ""


@dataclass
class Purchase:
    """What somebody was told. `wanted`: quantity by variant, of what the shop said is in the cart;
    `session`: the order was taken; `order`: its public id, once its page said that it is paid."""

    cart: str = ""
    wanted: dict[str, int] = field(default_factory=dict)
    session: str = ""
    is_charged: bool = False
    order: str = ""


@dataclass
class Memories:
    """Of all buyers."""

    requests: list[Request] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)

    @property
    def failures(self) -> list[Request]:
        return [each for each in self.requests if each.failure]


KINDS: dict[str, Any] = {"request": Request, "repeat": Repeat, "purchase": Purchase}
NAMES = {kind: name for name, kind in KINDS.items()}


class Diary:
    """Where a process of buyers writes down what happens to them."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)
        self._turn = threading.Lock()

    def note(self, entry: Request | Repeat | Purchase) -> None:
        """A line."""
        line = json.dumps([NAMES[type(entry)], asdict(entry)])
        with self._turn:
            self._file.write(f"{line}\n")

    def close(self) -> None:
        self._file.close()


def read(paths: Iterable[Path]) -> Memories:
    """Everything that was written down."""
    found = Memories()
    shelves: dict[str, list[Any]] = {
        "request": found.requests,
        "repeat": found.repeats,
        "purchase": found.purchases,
    }
    for path in paths:
        for line in path.read_text().splitlines():
            name, told = json.loads(line)
            shelves[name].append(KINDS[name](**told))
    found.requests.sort(key=lambda each: each.at)
    return found
