import pytest
import stripe
from stripe import StripeClient

from fakestripe.bank import Bank
from fakestripe.errors import ApiError
from fakestripe.resources import payment_intents
from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession, plain


def stored(bank: Bank, status: str) -> str:
    intent = payment_intents.new_intent(bank, 1000, "eur", {})
    intent["status"] = status
    bank.store.insert(intent, hidden={})
    return str(intent["id"])


def test_the_intent_of_a_session_carries_its_metadata(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    data = {"metadata": {"order": "17"}, "description": "Order 17", "receipt_email": "a@b.example"}
    intent_id = fake.pay(open_session(payment_intent_data=data).id)["payment_intent"]
    intent = client.v1.payment_intents.retrieve(intent_id)
    assert intent.status == "succeeded"
    assert intent.amount_received == intent.amount == 2500
    assert plain(intent.metadata) == {"order": "17"}
    assert (intent.description, intent.receipt_email) == ("Order 17", "a@b.example")
    assert [one.id for one in client.v1.payment_intents.list().data] == [intent_id]


@pytest.mark.parametrize("card", ["4242424242424242", "4000000000000002"])
def test_the_intent_of_a_session_cannot_be_cancelled(
    client: StripeClient, open_session: OpenSession, fake: Handle, card: str
) -> None:
    intent = fake.pay(open_session().id, card=card)["payment_intent"]
    before = client.v1.payment_intents.retrieve(intent).status
    with pytest.raises(stripe.InvalidRequestError, match="created by Checkout"):
        client.v1.payment_intents.cancel(intent)
    assert client.v1.payment_intents.retrieve(intent).status == before


def test_another_intent_can_be_cancelled_once(bank: Bank) -> None:
    intent = stored(bank, "requires_payment_method")
    params = {"cancellation_reason": "abandoned"}
    cancelled = payment_intents.cancel(bank, params, intent)
    assert (cancelled["status"], cancelled["cancellation_reason"]) == ("canceled", "abandoned")
    with pytest.raises(ApiError, match="has a status of canceled") as caught:
        payment_intents.cancel(bank, params, intent)
    assert caught.value.error["code"] == "payment_intent_unexpected_state"


def test_an_intent_that_was_paid_stays_paid(bank: Bank) -> None:
    with pytest.raises(ApiError, match="has a status of succeeded"):
        payment_intents.cancel(bank, {}, stored(bank, "succeeded"))
