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


def refused(client: StripeClient, **params: object) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(untyped(**params))
    return caught.value


def test_parts_are_given_back_until_nothing_is_left(client: StripeClient, charge: str) -> None:
    for amount, total in [(1000, 1000), (1500, 2500)]:
        refund = client.v1.refunds.create({"charge": charge, "amount": amount})
        assert refund.status == "succeeded"
        found = client.v1.charges.retrieve(charge)
        assert found.amount_refunded == total
        assert found.refunded == (total == 2500)


def test_without_an_amount_all_that_is_left_is_given_back(
    client: StripeClient, charge: str
) -> None:
    client.v1.refunds.create({"charge": charge, "amount": 400})
    intent = client.v1.charges.retrieve(charge).payment_intent
    refund = client.v1.refunds.create({"payment_intent": str(intent)})
    assert refund.amount == 2100
    assert refund.payment_intent == intent


def test_more_than_is_left_is_refused(client: StripeClient, charge: str) -> None:
    client.v1.refunds.create({"charge": charge, "amount": 2000})
    error = refused(client, charge=charge, amount=501)
    assert "(€5.01) is greater than unrefunded amount on charge (€5.00)" in str(error)
    assert client.v1.charges.retrieve(charge).amount_refunded == 2000


def test_a_charge_given_back_is_given_back_once(client: StripeClient, charge: str) -> None:
    client.v1.refunds.create({"charge": charge})
    assert refused(client, charge=charge).code == "charge_already_refunded"


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_positive(client: StripeClient, charge: str, amount: int) -> None:
    assert refused(client, charge=charge, amount=amount).param == "amount"


def test_one_of_charge_and_intent_is_named(client: StripeClient, charge: str) -> None:
    assert "payment_intent or charge" in str(refused(client))
    assert refused(client, payment_intent="pi_none").code == "resource_missing"


def test_a_declined_payment_has_nothing_to_give_back(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    intent = fake.pay(open_session().id, card="4000000000000002")["payment_intent"]
    assert "does not have a successful charge" in str(refused(client, payment_intent=intent))


def test_a_refund_is_told_with_what_it_changed(
    client: StripeClient, charge: str, receiver: Receiver
) -> None:
    refund = client.v1.refunds.create({"charge": charge, "amount": 700, "metadata": {"line": "1"}})
    (created,) = receiver.wait_for("refund.created")
    assert created.event["data"]["object"]["id"] == refund.id
    assert created.event["data"]["object"]["metadata"] == {"line": "1"}
    (told,) = receiver.wait_for("charge.refunded")
    assert told.event["data"]["object"]["amount_refunded"] == 700
    assert told.event["data"]["previous_attributes"] == {"amount_refunded": 0}


def test_refunds_are_listed_by_charge_and_by_intent(
    client: StripeClient, open_session: OpenSession, fake: Handle, charge: str
) -> None:
    other = fake.pay(open_session().id)["payment_intent"]
    mine = client.v1.refunds.create({"charge": charge, "amount": 100})
    theirs = client.v1.refunds.create({"payment_intent": other})
    assert [one.id for one in client.v1.refunds.list().data] == [theirs.id, mine.id]
    assert [one.id for one in client.v1.refunds.list({"charge": charge}).data] == [mine.id]
    found = client.v1.refunds.list({"payment_intent": other})
    assert [one.id for one in found.data] == [theirs.id]
    updated = client.v1.refunds.update(mine.id, {"metadata": {"a": "b"}})
    assert plain(updated.metadata) == {"a": "b"}


def test_a_refund_that_fails_gives_the_money_back_to_the_shop(
    client: StripeClient, charge: str, fake: Handle, receiver: Receiver
) -> None:
    fake.fault("refund_fails", charge, ms=3_600_000)
    refund = client.v1.refunds.create({"charge": charge, "amount": 2000})
    assert refund.status == "succeeded"
    refused(client, charge=charge, amount=501)
    fake.advance(3600)
    failed = client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "unknown")
    found = client.v1.charges.retrieve(charge)
    assert (found.amount_refunded, found.refunded) == (0, False)
    rows = client.v1.balance_transactions.list({"source": refund.id}).data
    assert [(row.type, row.net) for row in rows] == [("refund_failure", 2000), ("refund", -2000)]
    (told,) = receiver.wait_for("refund.failed")
    assert told.event["data"]["object"]["status"] == "failed"
    for name in ("refund.updated", "charge.refund.updated"):
        (told,) = receiver.wait_for(name)
        assert told.event["data"]["previous_attributes"] == {"status": "succeeded"}
    assert client.v1.refunds.create({"charge": charge}).amount == 2500


def test_the_switch_for_one_charge_leaves_the_refunds_of_others_alone(
    client: StripeClient, open_session: OpenSession, charge: str, fake: Handle
) -> None:
    fake.pay(open_session().id)
    fake.fault("refund_fails", charge)
    other = client.v1.refunds.create({"charge": fake.ledger()[1]["charge"]})
    mine = client.v1.refunds.create({"charge": charge})
    fake.advance(2)
    statuses = [client.v1.refunds.retrieve(one.id).status for one in (other, mine)]
    assert statuses == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("card", "first", "last"),
    [("4000000000007726", "pending", "succeeded"), ("4000000000005126", "succeeded", "failed"),
     ("4242424242424242", "succeeded", "succeeded")],
)  # fmt: skip
def test_some_cards_decide_on_a_refund_later(
    client: StripeClient, open_session: OpenSession, fake: Handle, card: str, first: str, last: str
) -> None:
    fake.pay(open_session().id, card=card)
    refund = client.v1.refunds.create({"charge": fake.ledger()[0]["charge"]})
    assert refund.status == first
    fake.advance(11)
    assert client.v1.refunds.retrieve(refund.id).status == last
