from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession, plain, untyped
from tests.fakestripe.receiver import Receiver


@pytest.fixture
def charge(open_session: OpenSession, fake: Handle) -> str:
    """A paid charge of 25.00 euro."""
    fake.pay(open_session().id)
    return str(fake.ledger()[0]["charge"])


def balance(client: StripeClient) -> int:
    return sum(row.net for row in client.v1.balance_transactions.list({"limit": 100}).data)


def test_a_dispute_takes_the_money_and_a_fee_and_tells_the_shop(
    client: StripeClient, fake: Handle, charge: str, receiver: Receiver
) -> None:
    before = balance(client)
    dispute = client.v1.disputes.retrieve(fake.dispute(charge)["id"], {"expand": ["charge"]})
    assert (dispute.status, dispute.reason, dispute.amount) == (
        "needs_response", "fraudulent", 2500
    )  # fmt: skip
    assert isinstance(dispute.charge, stripe.Charge)
    assert dispute.charge.disputed
    assert balance(client) == before - 2500 - 1500
    (told,) = receiver.wait_for("charge.dispute.created")
    assert told.event["data"]["object"]["id"] == dispute.id
    receiver.wait_for("charge.dispute.funds_withdrawn")


def test_an_inquiry_takes_nothing_yet_and_the_charge_can_be_refunded(
    client: StripeClient, fake: Handle, charge: str
) -> None:
    before = balance(client)
    dispute = fake.dispute(charge, "inquiry")
    assert dispute["status"] == "warning_needs_response"
    assert dispute["payment_method_details"]["card"]["case_type"] == "inquiry"
    assert balance(client) == before
    assert client.v1.refunds.create({"charge": charge, "amount": 100}).status == "succeeded"
    assert client.v1.disputes.close(dispute["id"]).status == "warning_closed"


def test_a_charge_with_the_bank_cannot_be_refunded(
    client: StripeClient, fake: Handle, charge: str
) -> None:
    fake.dispute(charge)
    with pytest.raises(stripe.InvalidRequestError, match="charged back") as caught:
        client.v1.refunds.create({"charge": charge})
    assert caught.value.code == "charge_disputed"
    assert client.v1.charges.retrieve(charge).amount_refunded == 0


def test_there_are_nine_days_to_answer_and_then_it_is_lost(
    client: StripeClient, fake: Handle, charge: str
) -> None:
    made = fake.dispute(charge)
    due = datetime.fromtimestamp(made["evidence_details"]["due_by"], UTC)
    opened = datetime.fromtimestamp(made["created"], UTC)
    assert ((due.date() - opened.date()).days, due.hour, due.second) == (9, 23, 59)
    fake.advance(made["evidence_details"]["due_by"] - int(fake.state()["now"]) - 5)
    assert client.v1.disputes.retrieve(made["id"]).status == "needs_response"
    fake.advance(10)
    lost = client.v1.disputes.retrieve(made["id"])
    assert (lost.status, lost.evidence_details.past_due) == ("lost", True)


def test_evidence_can_be_gathered_before_it_is_handed_in(
    client: StripeClient, fake: Handle, charge: str
) -> None:
    dispute = fake.dispute(charge)["id"]
    update = client.v1.disputes.update
    staged = update(dispute, {"evidence": {"customer_name": "Ada"}, "submit": False})
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    handed_in = update(dispute, {"evidence": {"product_description": "A print"}})
    assert (handed_in.status, handed_in.evidence_details.submission_count) == ("under_review", 1)
    assert handed_in.evidence.customer_name == "Ada"
    fake.advance(20 * 24 * 3600)
    assert client.v1.disputes.retrieve(dispute).status == "under_review"


@pytest.mark.parametrize(
    ("words", "status", "back"),
    [("winning_evidence", "won", 2500), ("losing_evidence", "lost", 0)],
)
def test_magic_words_decide_it(
    client: StripeClient, fake: Handle, charge: str, receiver: Receiver,
    words: str, status: str, back: int,
) -> None:  # fmt: skip
    dispute = fake.dispute(charge)["id"]
    before = balance(client)
    params: Any = {"evidence": {"uncategorized_text": words}}
    decided = client.v1.disputes.update(dispute, params)
    assert decided.status == status
    assert balance(client) == before + back
    receiver.wait_for("charge.dispute.closed")
    kinds = [event.type for event in client.v1.events.list({"limit": 50}).data]
    assert ("charge.dispute.funds_reinstated" in kinds) == (status == "won")
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        client.v1.disputes.close(dispute)


def test_a_note_on_a_dispute_changes_nothing_else(
    client: StripeClient, fake: Handle, charge: str
) -> None:
    dispute = fake.dispute(charge)["id"]
    noted = client.v1.disputes.update(dispute, {"metadata": {"order": "17"}})
    assert plain(noted.metadata) == {"order": "17"}
    assert noted.status == "needs_response"


def test_disputes_are_listed_by_charge_and_by_intent(
    client: StripeClient, open_session: OpenSession, fake: Handle, charge: str
) -> None:
    intent = fake.pay(open_session().id)["payment_intent"]
    first, second = (fake.dispute(entry["charge"])["id"] for entry in fake.ledger())

    def found(**filters: object) -> list[str]:
        return [one.id for one in client.v1.disputes.list(untyped(**filters)).data]

    assert found() == [second, first]
    assert found(charge=charge) == [first]
    assert found(payment_intent=intent) == [second]


def test_only_money_that_is_there_is_disputed_and_only_once(
    client: StripeClient, open_session: OpenSession, fake: Handle, charge: str
) -> None:
    with pytest.raises(ValueError, match="No such reason: envy"):
        fake.dispute(charge, "envy")
    fake.dispute(charge)
    with pytest.raises(ValueError, match="disputed already"):
        fake.dispute(charge)
    fake.pay(open_session().id)
    other = fake.ledger()[1]["charge"]
    client.v1.refunds.create({"charge": other})
    with pytest.raises(ValueError, match="holds no money"):
        fake.dispute(other)


@pytest.mark.parametrize(
    ("card", "reason"),
    [("4000000000000259", "fraudulent"), ("4000000000002685", "product_not_received"),
     ("4000000000001976", "general"), ("4242424242424242", None)],
)  # fmt: skip
def test_some_cards_dispute_what_they_pay(
    client: StripeClient, open_session: OpenSession, fake: Handle, card: str, reason: str | None
) -> None:
    assert fake.pay(open_session().id, card=card)["outcome"] == "paid"
    assert [one.reason for one in client.v1.disputes.list().data] == ([reason] if reason else [])


def test_a_switch_disputes_the_payment_of_one_session_and_no_other(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    chosen, other = open_session().id, open_session().id
    fake.fault("dispute", chosen, reason="duplicate")
    paid = {name: fake.pay(name)["payment_intent"] for name in (other, chosen)}
    (dispute,) = client.v1.disputes.list().data
    assert (dispute.payment_intent, dispute.reason) == (paid[chosen], "duplicate")
