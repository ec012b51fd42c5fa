import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession
from tests.fakestripe.receiver import Receiver


def test_a_customer_is_made_changed_and_deleted(client: StripeClient, receiver: Receiver) -> None:
    customer = client.v1.customers.create({"email": "a@example.com", "name": "Ada"})
    assert client.v1.customers.update(customer.id, {"name": "Eve"}).name == "Eve"
    assert client.v1.customers.delete(customer.id).deleted
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.customers.retrieve(customer.id)
    receiver.wait_for("customer.created")
    (updated,) = receiver.wait_for("customer.updated")
    assert updated.event["data"]["previous_attributes"] == {"name": "Ada"}
    receiver.wait_for("customer.deleted")


def test_checkout_makes_a_customer_when_asked_to(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session(customer_creation="always")
    fake.pay(session.id, email="ada@example.com")
    made = client.v1.checkout.sessions.retrieve(session.id).customer
    assert client.v1.customers.retrieve(str(made)).email == "ada@example.com"


def test_checkout_makes_no_customer_unasked(open_session: OpenSession, fake: Handle) -> None:
    fake.pay(open_session().id)
    assert "customer" not in fake.state()["objects"]


def test_the_charge_of_a_known_customer_is_theirs(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    customer = client.v1.customers.create({"email": "c@example.com"})
    fake.pay(open_session(customer=customer.id, customer_email=None).id)
    fake.pay(open_session().id)
    found = client.v1.charges.list({"customer": customer.id}).data
    assert [charge.customer for charge in found] == [customer.id]
