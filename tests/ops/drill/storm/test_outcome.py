"""When a storm was survived, and when not."""

from collections.abc import Callable

import pytest

from bodega.ops.drill.storm.memory import Repeat
from bodega.ops.drill.storm.outcome import Said, Storm
from bodega.ops.drill.storm.rolling import Deploy
from tests.ops.drill.storm.storms import BEGAN, calm, cut

Harm = Callable[[Storm], object]


def test_a_storm_without_harm_is_passed() -> None:
    assert calm().complaints == []
    assert calm().is_passed


def refuse_to_audit(storm: Storm) -> None:
    storm.audit = Said("bad", "1 finding")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda s: s.verdict.lost.append("order a1"), "lost: order a1"),
        (lambda s: s.verdict.doubled.append("order a1"), "twice: order a1"),
        (lambda s: s.errand_failures.append("backup: no"), "beside it, backup: no"),
        (lambda s: s.log.deploys.pop(), "only 1 of 2 deploys went live"),
        (lambda s: s.orders.clear(), "nobody has bought anything"),
        (refuse_to_audit, "bodega audit: 1 finding"),
        (
            lambda s: s.memories.repeats.append(
                Repeat("cart", "cut", 0.0, False, "", "status 1, 2")
            ),
            "another answer: cart: status 1, 2",
        ),
    ],
)
def test_every_harm_is_a_complaint_also_when_generations_are_killed(
    harm: Harm, sentence: str
) -> None:
    for storm in (calm(), calm(kill=0.5)):
        harm(storm)
        assert sentence in storm.complaints
        assert not storm.is_passed


@pytest.mark.parametrize(
    "harm",
    [cut, lambda s: s.log.deploys.append(Deploy("socket", BEGAN, 1.0, "it ended"))],
)
def test_only_where_somebody_is_killed_may_a_request_or_a_deploy_fail(harm: Harm) -> None:
    storm, killed = calm(), calm(kill=0.5)
    harm(storm)
    harm(killed)
    assert not storm.is_passed
    assert killed.is_passed


def test_cut_requests_are_counted_and_those_that_were_committed() -> None:
    storm = cut(calm(kill=0.5))
    assert (storm.failures, storm.repeated, storm.committed) == ({"reset": 1}, 1, 1)
    storm.memories.repeats.append(Repeat("cart", "on purpose", BEGAN, is_replay=True))
    assert (storm.repeated, storm.committed) == (1, 1), "what was answered was not cut"


def test_percentiles_leave_the_slow_line_out() -> None:
    storm = calm()
    assert storm.percentile(0.5) == pytest.approx(0.05)
    assert storm.percentile(1.0) == pytest.approx(0.1)
    storm.memories.requests = []
    assert storm.percentile(0.99) == 0.0
