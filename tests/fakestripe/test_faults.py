import pytest

from fakestripe.errors import ApiError
from fakestripe.faults import KINDS, Faults


def kinds(faults: Faults, scope: str, label: str) -> set[str]:
    return {fault.kind for fault in faults.take_scope(scope, label)}


def test_a_switch_strikes_as_often_as_it_was_told_and_then_never() -> None:
    faults = Faults()
    faults.throw("drop", count=2)
    struck = [kinds(faults, "request", "GET /v1/events") for _ in range(3)]
    assert struck == [{"drop"}, {"drop"}, set()]


def test_a_switch_strikes_only_what_its_pattern_matches() -> None:
    faults = Faults()
    faults.throw("lost", "checkout.session.*")
    assert kinds(faults, "webhook", "charge.succeeded") == set()
    assert kinds(faults, "webhook", "checkout.session.completed") == {"lost"}


def test_a_webhook_switch_leaves_requests_alone() -> None:
    faults = Faults()
    faults.throw("twice")
    assert kinds(faults, "request", "GET /v1/events") == set()
    assert len(faults.thrown) == 1


def test_two_kinds_may_strike_one_request_but_two_of_a_kind_take_turns() -> None:
    faults = Faults()
    faults.throw("delay", ms=1)
    faults.throw("delay", ms=2)
    faults.throw("drop")
    first = {fault.kind: fault for fault in faults.take_scope("request", "GET /")}
    assert set(first) == {"delay", "drop"}
    assert first["delay"].number("ms") == 1
    assert kinds(faults, "request", "GET /") == {"delay"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_scope_and_its_help(kind: str) -> None:
    assert KINDS[kind].scope in ("request", "webhook", "event", "payment", "refund")
    assert KINDS[kind].help


def test_an_unknown_kind_option_or_count_is_refused() -> None:
    faults = Faults()
    with pytest.raises(ApiError, match="No such fault: fire"):
        faults.throw("fire")
    with pytest.raises(ApiError, match="no option ms"):
        faults.throw("drop", ms=5)
    with pytest.raises(ApiError, match="1 or more"):
        faults.throw("drop", count=0)
    assert faults.thrown == []
