"""Stripe's rate limit: so many API requests in any second, the others are answered 429.

Stripe allows 25 a second in test mode (docs.stripe.com/rate-limits); here there is no limit
unless `--rate-limit` sets one.
"""

from collections import deque

WINDOW = 1.0


class Limit:
    """`per_second` of 0 is no limit. Times are seconds of any clock that only moves forward."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._taken: deque[float] = deque()

    def admits(self, now: float) -> bool:
        """Whether one more request may pass; one that may not does not count."""
        if not self.per_second:
            return True
        while self._taken and self._taken[0] <= now - WINDOW:
            self._taken.popleft()
        if len(self._taken) >= self.per_second:
            return False
        self._taken.append(now)
        return True
