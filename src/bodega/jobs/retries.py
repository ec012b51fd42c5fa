"""How often a task is tried and how long it waits in between: exponential back-off with jitter.

A task says so itself, under its `@task`:

    @task
    @retrying(attempts=5, first=10, longest=600)
    def announce(order_id: int) -> None: …
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ParamSpec, TypeVar

from django_tasks.utils import get_module_path

P = ParamSpec("P")
T = TypeVar("T")
Random = Callable[[], float]  # uniform in [0, 1)


@dataclass(frozen=True, slots=True)
class Policy:
    """`attempts` in all; waits of `first`, 2·first, 4·first … up to `longest` seconds.

    The default gives up after 8 to 17 minutes: longer than a deploy or a provider's hiccup.
    """

    attempts: int = 10
    first: float = 2.0
    longest: float = 3600.0

    def delay(self, failures: int, random: Random) -> timedelta | None:
        """The wait after the n-th failed attempt (n ≥ 1); None when it was the last.

        Between half and all of the exponential step, so that jobs which failed together do not come
        back together.
        """
        if failures >= self.attempts:
            return None
        step = min(self.longest, self.first * 2.0 ** min(failures - 1, 60))
        return timedelta(seconds=step * (0.5 + random() / 2))


DEFAULT = Policy()
_policies: dict[str, Policy] = {}


def retrying(
    *,
    attempts: int = DEFAULT.attempts,
    first: float = DEFAULT.first,
    longest: float = DEFAULT.longest,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Give a task's function its own policy; `attempts=1` means never again after an exception.

    A killed worker is no exception: such a job is run again whatever the policy says.
    """
    if attempts < 1 or first <= 0 or longest < first:
        raise ValueError("retrying needs attempts ≥ 1 and 0 < first ≤ longest")

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        _policies[get_module_path(function)] = Policy(attempts, first, longest)
        return function

    return decorate


def policy_of(path: str) -> Policy:
    """The policy of the task at a dotted path; its module must have been imported."""
    return _policies.get(path, DEFAULT)
