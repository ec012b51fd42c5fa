"""The bank's time: the machine's, plus what a test has advanced it by."""

import time


class Clock:
    """Times are seconds since the epoch. `offset` only ever grows."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset

    def today(self) -> int:
        """The `created` of an object made now (whole seconds)."""
        return int(self.now())

    def real(self) -> int:
        """The machine's time: signatures carry it, so that a shop whose clock did not
        jump still finds them fresh."""
        return int(time.time())

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("time only moves forward")
        self.offset += seconds
