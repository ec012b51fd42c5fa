from datetime import timedelta

import pytest

from bodega.jobs.retries import DEFAULT, Policy, policy_of, retrying
from tests.jobs import tasks


def test_waits_double_up_to_the_longest() -> None:
    policy = Policy(attempts=6, first=2, longest=10)
    waits = [policy.delay(failures, lambda: 1.0) for failures in range(1, 7)]
    assert waits == [*(timedelta(seconds=s) for s in (2, 4, 8, 10, 10)), None]


def test_jitter_is_up_to_half_of_the_wait() -> None:
    assert Policy().delay(3, lambda: 0.0) == timedelta(seconds=4)
    assert Policy().delay(3, lambda: 1.0) == timedelta(seconds=8)


def test_a_million_failures_do_not_overflow() -> None:
    assert Policy(attempts=2_000_000).delay(1_000_000, lambda: 1.0) == timedelta(hours=1)


def test_a_task_has_its_own_policy_or_the_default() -> None:
    assert policy_of(tasks.burn.module_path) == Policy(attempts=3, first=10, longest=15)
    assert policy_of(tasks.note.module_path) == DEFAULT


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first": 0.0}, {"first": 5, "longest": 4}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="retrying needs"):
        retrying(**wrong)  # type: ignore[arg-type]  # the point of the test
