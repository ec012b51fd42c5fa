"""How long writers waited for their turn: counted, not guessed (design 3.3, "busy timeout")."""

import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

# Upper bounds of the histogram's buckets, seconds; one more bucket for everything above.
BOUNDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SLOW_SECONDS = 0.25
SLOW_KEPT = 20


@dataclass(frozen=True, slots=True)
class SlowWait:
    """A wait that somebody may have noticed. `at`: seconds since 1970; `holder`: who was in the way."""

    at: float
    seconds: float
    who: str
    holder: str
    was_in_vain: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The waits for one file in one process so far. Times in seconds."""

    turns: int
    waited: int
    total: float
    longest: float
    histogram: tuple[int, ...]
    slow: tuple[SlowWait, ...]


@dataclass
class Waits:
    """Where waits are noted; any thread may. `tell`: hears of every slow one."""

    turns: int = 0
    waited: int = 0
    total: float = 0.0
    longest: float = 0.0
    _histogram: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    _slow: deque[SlowWait] = field(default_factory=lambda: deque(maxlen=SLOW_KEPT))
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    tell: Callable[[SlowWait], None] = field(default=lambda _: None)

    def note(self, seconds: float, who: str, holder: str, *, was_in_vain: bool = False) -> None:
        """A writer waited `seconds`; `was_in_vain`: and gave up."""
        slow = None
        if seconds >= SLOW_SECONDS:
            slow = SlowWait(time.time(), seconds, who, holder, was_in_vain)
        with self._mutex:
            self.waited += 1
            self.total += seconds
            self.longest = max(self.longest, seconds)
            self._histogram[bisect_left(BOUNDS, seconds)] += 1
            if slow is not None:
                self._slow.append(slow)
        if slow is not None:
            self.tell(slow)

    def report(self) -> Report:
        """The numbers now, as they belong together."""
        with self._mutex:
            return Report(
                *(self.turns, self.waited, self.total, self.longest),
                *(tuple(self._histogram), tuple(self._slow)),
            )
