from typing import Any

import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession
from tests.fakestripe.receiver import Receiver

CLEARS = "DE89370400440532013000"
BOUNCES = "DE62370400440532013001"


def session_of(client: StripeClient, session_id: str) -> Any:
    expand = ["payment_intent.latest_charge"]
    return client.v1.checkout.sessions.retrieve(session_id, {"expand": expand})


def test_a_good_card_pays_and_completes(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    made = open_session()
    paid = fake.pay(made.id, email="ada@example.com")
    assert paid["outcome"] == "paid"
    assert paid["redirect"] == f"https://shop.test/thanks?session={made.id}"
    session = session_of(client, made.id)
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert session.customer_details.email == "ada@example.com"
    assert session.payment_intent.status == "succeeded"
    assert session.payment_intent.latest_charge.status == "succeeded"
    (entry,) = fake.ledger()
    assert entry["session"] == made.id
    assert (entry["amount"], entry["currency"], entry["metadata"]) == (2500, "eur", {"order": "17"})


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
        ("4111111111111111", "card_declined", "test_mode_live_card"),
    ],
)
def test_a_bad_card_is_declined_and_the_session_stays_open(
    client: StripeClient, open_session: OpenSession, fake: Handle,
    card: str, code: str, decline_code: str,
) -> None:  # fmt: skip
    made = open_session()
    declined = fake.pay(made.id, card=card)
    assert (declined["outcome"], declined["decline_code"]) == ("declined", decline_code)
    session = session_of(client, made.id)
    assert (session.status, session.payment_status) == ("open", "unpaid")
    intent = session.payment_intent
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == code
    assert intent.latest_charge.status == "failed"
    assert fake.ledger() == []


def test_after_a_decline_another_card_pays_the_same_intent(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    made = open_session()
    declined = fake.pay(made.id, card="4000000000000002")
    paid = fake.pay(made.id)
    assert paid["payment_intent"] == declined["payment_intent"]
    intent = session_of(client, made.id).payment_intent
    assert (intent.status, intent.last_payment_error) == ("succeeded", None)
    assert len(client.v1.charges.list({"payment_intent": intent.id}).data) == 2
    assert len(fake.ledger()) == 1


def test_a_paid_session_is_not_paid_again(open_session: OpenSession, fake: Handle) -> None:
    made = open_session()
    fake.pay(made.id)
    with pytest.raises(ValueError, match="is complete: it cannot be paid"):
        fake.pay(made.id)
    assert len(fake.ledger()) == 1


@pytest.mark.parametrize("card", ["4000002500003155", "4000002760003184"])
@pytest.mark.parametrize(("answer", "outcome"), [("complete", "paid"), ("fail", "declined")])
def test_a_card_that_asks_for_3d_secure_pays_when_it_gets_it(
    client: StripeClient, open_session: OpenSession, fake: Handle,
    card: str, answer: str, outcome: str,
) -> None:  # fmt: skip
    made = open_session()
    assert fake.pay(made.id, card=card, three_d_secure=answer)["outcome"] == outcome
    kinds = [event.type for event in client.v1.events.list().data]
    assert "payment_intent.requires_action" in kinds
    assert ("charge.succeeded" in kinds) == (answer == "complete")
    assert len(fake.ledger()) == (answer == "complete")


def test_a_debit_completes_unpaid_and_clears_later(
    client: StripeClient, open_session: OpenSession, fake: Handle, receiver: Receiver
) -> None:
    made = open_session()
    assert fake.pay(made.id, account=CLEARS)["outcome"] == "processing"
    session = session_of(client, made.id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert session.payment_intent.status == "processing"
    assert fake.ledger() == []
    (completed,) = receiver.wait_for("checkout.session.completed")
    assert completed.event["data"]["object"]["payment_status"] == "unpaid"
    fake.advance(11)
    assert session_of(client, made.id).payment_status == "paid"
    (cleared,) = receiver.wait_for("checkout.session.async_payment_succeeded")
    assert cleared.event["data"]["object"]["payment_status"] == "paid"
    assert len(fake.ledger()) == 1


def test_a_debit_that_bounces_is_told_and_nothing_was_earned(
    client: StripeClient, open_session: OpenSession, fake: Handle, receiver: Receiver
) -> None:
    made = open_session()
    fake.pay(made.id, account=BOUNCES)
    fake.advance(11)
    receiver.wait_for("checkout.session.async_payment_failed")
    session = session_of(client, made.id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert session.payment_intent.status == "requires_payment_method"
    assert session.payment_intent.latest_charge.status == "failed"
    assert fake.ledger() == []


def test_a_debit_on_its_way_cannot_be_refunded(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    intent = fake.pay(open_session().id, account=CLEARS)["payment_intent"]
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        client.v1.refunds.create({"payment_intent": intent})
    fake.advance(11)
    assert client.v1.refunds.create({"payment_intent": intent}).amount == 2500


def test_a_session_takes_only_what_it_offers(open_session: OpenSession, fake: Handle) -> None:
    with pytest.raises(ValueError, match="does not take sepa_debit"):
        fake.pay(open_session(currency="usd").id, account=CLEARS)


def test_what_does_not_exist_cannot_be_paid(fake: Handle) -> None:
    with pytest.raises(ValueError, match=r"No such checkout\.session"):
        fake.pay("cs_test_none")
