"""Is the webhook endpoint at Stripe what the shop needs? Each fault is a sentence; none loses money."""

from typing import Any

import pytest

from bodega.payments import endpoint, stripe
from bodega.payments.models import Reconciliation
from bodega.payments.reconciling.running import Kind, reconcile
from tests.payments.reconciling.conftest import Town, bank_process, states, town

__all__ = ["bank_process", "town"]

RIGHT: dict[str, Any] = {
    "url": "https://shop.example/payments/webhook/",
    "enabled_events": ["*"],
    "status": "enabled",
    "api_version": None,
    "livemode": False,
}


class Bank:
    """Stripe, as far as endpoints go."""

    def __init__(self, *endpoints: dict[str, Any]) -> None:
        self.endpoints = endpoints

    def get(self, path: str, _params: Any) -> dict[str, Any]:
        assert path == "/v1/webhook_endpoints"
        return {"data": list(self.endpoints)}


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.PUBLIC_URL = "https://shop.example"


def said(monkeypatch: pytest.MonkeyPatch, *endpoints: dict[str, Any]) -> str:
    monkeypatch.setattr(stripe, "client", lambda **_: Bank(*endpoints))
    return endpoint.check()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"enabled_events": list(endpoint.NEEDED)},
        {"enabled_events": [*endpoint.NEEDED, "charge.succeeded"]},
        {"api_version": stripe.API_VERSION},
        {"url": "https://shop.example/payments/webhook"},
    ],
)
def test_a_right_one_is_right(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    assert said(monkeypatch, RIGHT | changes) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "https://old.example/hook"}, "only to https://old.example/hook: add the endpoint"),
        ({"status": "disabled"}, "is switched off at Stripe"),
        ({"enabled_events": list(endpoint.NEEDED[1:])}, f"not told of {endpoint.NEEDED[0]}:"),
        ({"api_version": "2020-08-27"}, "speaks API version 2020-08-27, this release 2026-10-28"),
        ({"livemode": True}, "of the other mode"),
    ],
)
def test_each_fault_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    assert words in said(monkeypatch, RIGHT | changes)


def test_none_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch).startswith("Stripe sends its events to nowhere: add the endpoint")


def test_one_right_one_beside_a_wrong_one_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, RIGHT | {"api_version": "2020-08-27"}, RIGHT) == ""
    assert said(monkeypatch, RIGHT | {"status": "disabled"}, RIGHT) == ""


def test_a_key_that_may_not_look_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise stripe.StripeRefused("no permission")

    monkeypatch.setattr(stripe, "client", refuse)
    assert endpoint.check() == "The webhook endpoint cannot be looked at: no permission"


def test_with_a_wrong_endpoint_the_sweeper_still_settles_and_says_it(town: Town) -> None:
    order = town.paid()
    reconcile(Kind.NIGHTLY)
    assert states(order)[0] == "paid"
    assert "add the endpoint https://shop.example/" in Reconciliation.objects.get().endpoint
