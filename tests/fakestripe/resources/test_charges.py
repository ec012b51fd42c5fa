from typing import Any

from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession, plain


def test_a_charge_says_who_paid_what_with_which_card(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id, card="5555 5555 5555 4444", email="ada@example.com")
    (charge,) = client.v1.charges.list().data
    details: Any = charge.payment_method_details
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert (charge.amount, charge.amount_captured, charge.currency) == (2500, 2500, "eur")
    assert plain(charge.metadata) == {"order": "17"}
    assert charge.billing_details.email == "ada@example.com"
    assert (details.card.brand, details.card.last4) == ("mastercard", "4444")


def test_a_declined_charge_says_why_and_took_nothing(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id, card="4000000000009995")
    (charge,) = client.v1.charges.list().data
    assert (charge.status, charge.paid, charge.amount_captured) == ("failed", False, 0)
    assert charge.failure_code == "card_declined"
    assert charge.outcome is not None
    assert charge.outcome.reason == "insufficient_funds"
    assert fake.ledger() == []


def test_charges_are_listed_by_intent_and_can_be_noted_on(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    first, second = (fake.pay(open_session().id)["payment_intent"] for _ in range(2))
    (charge,) = client.v1.charges.list({"payment_intent": first}).data
    assert charge.payment_intent == first != second
    noted = client.v1.charges.update(charge.id, {"description": "gift", "metadata": {"a": "b"}})
    assert noted.description == "gift"
    assert plain(noted.metadata) == {"order": "17", "a": "b"}
