"""The judgement on Django's tests is exact in both directions."""

from tests.conformance.django_db import Run, judge
from tests.conformance.record import Record

WHY = "asserts something else"


def run(**record: object) -> Run:
    return Run("lookup", Record(**{"ran": 9, **record}), 1.0)  # type: ignore[arg-type]  # short


def test_a_run_without_failures_is_right() -> None:
    assert judge([run()], {}) == []


def test_a_failure_that_is_not_listed_is_a_complaint_with_its_traceback() -> None:
    (complaint,) = judge([run(failed={"lookup.tests.A.test_a": "AssertionError: 1"})], {})
    assert "lookup.tests.A.test_a" in complaint
    assert "AssertionError: 1" in complaint


def test_a_listed_failure_is_none() -> None:
    assert judge([run(failed={"lookup.tests.A.test_a": "…"})], {"lookup.tests.A.test_a": WHY}) == []


def test_a_listed_test_that_passes_or_is_gone_is_a_complaint() -> None:
    (complaint,) = judge([run()], {"lookup.tests.A.test_a": WHY})
    assert "take it off the list" in complaint
    assert WHY in complaint


def test_a_suite_that_ran_nothing_is_a_complaint() -> None:
    assert judge([run(ran=0)], {}) == ["lookup ran no test."]


def test_a_feature_that_we_switch_off_is_a_complaint() -> None:
    (complaint,) = judge([run(switched_off=["supports_json_field"])], {})
    assert "supports_json_field" in complaint
