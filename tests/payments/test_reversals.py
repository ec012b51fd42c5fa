"""Refunds and disputes, read from Stripe's JSON."""

from typing import Any

import pytest

from bodega.payments.reversals import dispute_from, refund_from

REFUND: dict[str, Any] = {
    "id": "re_1",
    "status": "succeeded",
    "amount": 1500,
    "currency": "eur",
    "payment_intent": "pi_1",
    "charge": {"id": "ch_1"},
    "created": 1_790_000_000,
    "metadata": None,
}
DISPUTE: dict[str, Any] = {
    "id": "du_1",
    "status": "won",
    "reason": "general",
    "amount": 1500,
    "currency": "jpy",
    "payment_intent": None,
    "charge": "ch_1",
    "created": 1_790_000_000,
}


@pytest.mark.parametrize(
    ("currency", "at_stripe", "here"),
    [
        ("eur", 1500, 1500),
        ("jpy", 1500, 1500),
        ("kwd", 1500, 1500),
        ("isk", 1500, 15),
        ("mga", 15, 1500),
    ],
)
def test_amounts_are_in_our_minor_units(currency: str, at_stripe: int, here: int) -> None:
    told = refund_from(REFUND | {"currency": currency, "amount": at_stripe})
    assert (told.amount, told.currency) == (here, currency.upper())


@pytest.mark.parametrize(
    ("status", "done", "failed"),
    [
        ("succeeded", True, False),
        ("pending", False, False),
        ("requires_action", False, False),
        ("failed", False, True),
        ("canceled", False, True),
        (None, False, False),
    ],
)
def test_a_refund_is_done_failed_or_on_its_way(
    status: str | None, done: bool, failed: bool
) -> None:
    told = refund_from(REFUND | {"status": status})
    assert (told.is_done, told.has_failed) == (done, failed)


def test_references_may_be_expanded_or_missing() -> None:
    told = refund_from(REFUND)
    assert (told.payment_intent, told.charge, told.metadata) == ("pi_1", "ch_1", {})
    assert dispute_from(DISPUTE).payment_intent == ""


def test_a_disputes_movements_are_counted_by_their_direction() -> None:
    rows = [{"amount": -1500}, {"amount": 1500}, {"amount": -1500}]
    told = dispute_from(DISPUTE | {"balance_transactions": rows, "evidence_details": {"due_by": 0}})
    assert (told.withdrawn, told.reinstated, told.due_by) == (2, 1, None)
    assert told.is_closed


def test_what_is_no_refund_is_an_error() -> None:
    with pytest.raises(KeyError):
        refund_from({"id": "re_1"})
    with pytest.raises(KeyError):
        dispute_from({"id": "du_1"})
