"""A shop that could not take money safely does not start."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import run_checks

from bodega.payments import checks

GOOD = {
    "MODE": "production",
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "FAKESTRIPE_URL": "",
    "ALLOW_TEST_KEY": False,
}
Problems = Callable[..., list[str]]


@pytest.fixture
def problems(settings: Any) -> Problems:
    def with_settings(**changes: object) -> list[str]:
        for name, value in (GOOD | changes).items():
            setattr(settings, name, value)
        return [str(message.id) for message in checks.payments_are_safe()]

    return with_settings


def test_a_live_shop_with_key_and_secret_may_start(problems: Problems) -> None:
    assert problems() == []
    assert problems(STRIPE_SECRET_KEY="rk_live_1") == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"STRIPE_SECRET_KEY": ""}, "bodega.payments.E001"),
        ({"STRIPE_SECRET_KEY": "sk_test_1"}, "bodega.payments.E002"),
        ({"FAKESTRIPE_URL": "http://127.0.0.1:1"}, "bodega.payments.E003"),
        ({"STRIPE_WEBHOOK_SECRET": ""}, "bodega.payments.E004"),
        ({"STRIPE_SECRET_KEY": "pk_live_1", "ALLOW_TEST_KEY": True}, "bodega.payments.E005"),
    ],
)
def test_what_would_be_dangerous_is_refused(
    problems: Problems, changes: dict[str, object], expected: str
) -> None:
    assert problems(**changes) == [expected]


@pytest.mark.parametrize("key", ["STRIPE_SECRET_KEY", "FAKESTRIPE_URL"])
def test_production_takes_test_money_only_when_told(problems: Problems, key: str) -> None:
    value = "sk_test_1" if key == "STRIPE_SECRET_KEY" else "http://127.0.0.1:1"
    assert problems(**{key: value})
    assert problems(**{key: value, "ALLOW_TEST_KEY": True}) == []


def test_elsewhere_a_shop_may_be_looked_at_without_a_bank(problems: Problems) -> None:
    assert problems(MODE="development", STRIPE_SECRET_KEY="", STRIPE_WEBHOOK_SECRET="") == []
    assert problems(MODE="development", STRIPE_SECRET_KEY="sk_test_1") == []


def test_a_web_process_ends_with_a_sentence_for_each_problem(problems: Problems) -> None:
    assert problems(STRIPE_SECRET_KEY="sk_test_1", STRIPE_WEBHOOK_SECRET="") != []
    with pytest.raises(SystemExit, match=r"test key.*E002.*\n.*webhook secret.*E004"):
        checks.refuse_unsafe()
    problems()
    checks.refuse_unsafe()


def test_django_asks_when_a_deployment_is_checked_but_not_at_every_command(
    problems: Problems,
) -> None:
    assert problems(STRIPE_SECRET_KEY="") == ["bodega.payments.E001"]
    asked = run_checks(tags=["payments"], include_deployment_checks=True)
    assert [message.id for message in asked] == ["bodega.payments.E001"]
    assert run_checks(tags=["payments"]) == []
