import pytest
import stripe
from stripe import StripeClient

from fakestripe.bank import Bank
from fakestripe.errors import ApiError
from fakestripe.resources import payment_intents
from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession, plain, untyped


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


def bare(client: StripeClient, **given: object) -> stripe.PaymentIntent:
    """An intent without a session; whatever is given replaces the usual parameter."""
    params: dict[str, object] = {"amount": 1000, "currency": "eur"}
    return client.v1.payment_intents.create(untyped(**params | given))


def test_an_intent_is_made_first_and_confirmed_later(client: StripeClient, fake: Handle) -> None:
    intent = bare(client)
    assert (intent.status, intent.payment_method_types) == (
        "requires_payment_method", ["card", "sepa_debit"]
    )  # fmt: skip
    updated = client.v1.payment_intents.update(
        intent.id, {"amount": 1200, "payment_method": "pm_card_visa", "metadata": {"a": "b"}}
    )
    assert updated.status == "requires_confirmation"
    paid = client.v1.payment_intents.confirm(intent.id)
    assert (paid.status, paid.amount_received) == ("succeeded", 1200)
    (entry,) = fake.ledger()
    assert (entry["payment_intent"], entry["session"]) == (intent.id, None)
    with pytest.raises(stripe.InvalidRequestError, match="cannot confirm this PaymentIntent"):
        client.v1.payment_intents.confirm(intent.id)


def test_a_declined_card_is_an_error_and_stays_on_record(
    client: StripeClient, fake: Handle
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        bare(client, payment_method="pm_card_chargeDeclinedInsufficientFunds", confirm=True)
    assert (caught.value.http_status, caught.value.code) == (402, "card_declined")
    (intent,) = client.v1.payment_intents.list().data
    assert intent.status == "requires_payment_method"
    (charge,) = client.v1.charges.list({"payment_intent": intent.id}).data
    assert charge.status == "failed"
    confirmed = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert confirmed.status == "succeeded"
    assert len(fake.ledger()) == 1


def test_a_refused_request_leaves_nothing_behind(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        bare(client, payment_method="pm_none", confirm=True)
    assert client.v1.payment_intents.list().data == []


@pytest.mark.parametrize(("asked", "taken"), [(None, 1000), (400, 400)])
def test_money_set_aside_is_taken_later_or_in_part(
    client: StripeClient, fake: Handle, asked: int | None, taken: int
) -> None:
    intent = bare(client, capture_method="manual", payment_method="pm_card_visa", confirm=True)
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 1000)
    assert fake.ledger() == []
    with pytest.raises(stripe.InvalidRequestError, match="not captured"):
        client.v1.refunds.create({"payment_intent": intent.id})
    given = {} if asked is None else {"amount_to_capture": asked}
    captured = client.v1.payment_intents.capture(intent.id, untyped(**given))
    assert (captured.status, captured.amount_received) == ("succeeded", taken)
    assert captured.amount_capturable == 0
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == taken


@pytest.mark.parametrize("amount", [0, 1001])
def test_no_more_is_taken_than_was_set_aside(client: StripeClient, amount: int) -> None:
    intent = bare(client, capture_method="manual", payment_method="pm_card_visa", confirm=True)
    with pytest.raises(stripe.InvalidRequestError, match="at most the amount authorized"):
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": amount})
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_money_set_aside_can_be_let_go(client: StripeClient, fake: Handle) -> None:
    intent = bare(client, capture_method="manual", payment_method="pm_card_visa", confirm=True)
    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"
    (charge,) = client.v1.charges.list().data
    assert (charge.captured, charge.refunded) == (False, True)
    assert fake.ledger() == []


def test_a_debit_without_a_session_clears_as_well(client: StripeClient, fake: Handle) -> None:
    method = client.v1.payment_methods.create(
        {"type": "sepa_debit", "sepa_debit": {"iban": "AT611904300234573201"}}
    )
    intent = bare(client, payment_method=method.id, confirm=True)
    assert intent.status == "processing"
    fake.advance(11)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"amount": 49}, "amount"),
        ({"amount": 100_000_000}, "amount"),
        ({"currency": "euro"}, "currency"),
        ({"customer": "cus_none"}, "customer"),
        ({"allowed_payment_method_types": ["blik"]}, "allowed_payment_method_types"),
        ({"confirm": True}, "payment_method"),
        ({"transfer_data": {"destination": "acct_x"}}, "transfer_data"),
        ({"currency": "usd", "payment_method_types": ["card"]}, "payment_method_types"),
    ],
)
def test_what_cannot_be_paid_is_refused_by_name(
    client: StripeClient, given: dict[str, object], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        bare(client, **given)
    assert caught.value.param == param


def test_an_intent_takes_only_the_kinds_it_allows(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="does not take card"):
        bare(client, allowed_payment_method_types=["sepa_debit"], payment_method="pm_card_visa",
             confirm=True)  # fmt: skip


def test_the_amount_of_checkout_is_not_changed_behind_its_back(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    intent = fake.pay(open_session().id, card="4000000000000002")["payment_intent"]
    with pytest.raises(stripe.InvalidRequestError, match="created by Checkout"):
        client.v1.payment_intents.update(intent, {"amount": 100})
    noted = client.v1.payment_intents.update(intent, {"description": "gift"})
    assert (noted.amount, noted.description) == (2500, "gift")
