"""A session's JSON as plain values."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bodega.payments.sessions import item_from, session_from

JSON: dict[str, Any] = {
    "id": "cs_1",
    "status": "open",
    "payment_status": "unpaid",
    "amount_total": 5490,
    "currency": "eur",
    "livemode": False,
    "created": 1_772_366_400,
    "expires_at": 1_772_368_500,
}


def test_a_bare_session_is_read() -> None:
    session = session_from(JSON)
    assert (session.amount, session.currency) == (5490, "EUR")
    assert session.created == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (session.payment_intent, session.url, session.metadata) == ("", "", {})


def test_an_expanded_intent_says_more_than_its_id() -> None:
    assert session_from(JSON | {"payment_intent": "pi_1"}).payment_intent == "pi_1"
    intent = {
        "id": "pi_1",
        "status": "requires_payment_method",
        "latest_charge": "ch_1",
        "last_payment_error": {"message": "No."},
    }
    session = session_from(JSON | {"payment_intent": intent})
    assert (session.payment_intent, session.charge, session.failure) == ("pi_1", "ch_1", "No.")


@pytest.mark.parametrize(
    ("status", "payment_status", "intent", "expected"),
    [
        ("open", "unpaid", "requires_payment_method", (False, False, False)),
        ("complete", "paid", "succeeded", (True, False, False)),
        ("complete", "no_payment_required", "", (True, False, False)),
        ("complete", "unpaid", "processing", (False, True, False)),
        ("complete", "unpaid", "requires_payment_method", (False, False, True)),
        ("complete", "unpaid", "canceled", (False, False, True)),
        ("expired", "unpaid", "canceled", (False, False, False)),
    ],
)
def test_how_a_session_stands(
    status: str, payment_status: str, intent: str, expected: tuple[bool, bool, bool]
) -> None:
    told = {"status": status, "payment_status": payment_status}
    session = session_from(JSON | told | {"payment_intent": {"id": "pi_1", "status": intent}})
    assert (session.is_paid, session.is_processing, session.has_failed) == expected


def test_an_item_keeps_its_products_metadata() -> None:
    line = {"amount_total": 200, "quantity": 2, "price": {"product": {"metadata": {"sku": "A"}}}}
    assert item_from(line, "EUR").metadata == {"sku": "A"}
    assert item_from(line | {"price": {"product": "prod_1"}}, "EUR").metadata == {}
