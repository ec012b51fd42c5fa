from typing import Any

import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession


def paid(open_session: OpenSession, fake: Handle) -> str:
    session = open_session()
    fake.pay(session.id)
    return session.id


def test_an_id_becomes_its_object_down_the_whole_path(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    session: Any = client.v1.checkout.sessions.retrieve(
        paid(open_session, fake), {"expand": ["payment_intent.latest_charge.payment_method"]}
    )
    assert session.payment_intent.object == "payment_intent"
    assert session.payment_intent.latest_charge.object == "charge"
    assert session.payment_intent.latest_charge.payment_method.card.last4 == "4242"


def test_an_id_stays_an_id_unless_it_is_expanded(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    session = client.v1.checkout.sessions.retrieve(paid(open_session, fake))
    assert isinstance(session.payment_intent, str)
    assert "line_items" not in session


def test_the_things_of_a_list_are_expanded(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    paid(open_session, fake)
    page: Any = client.v1.checkout.sessions.list({"expand": ["data.line_items", "data.customer"]})
    assert page.data[0].line_items.data[0].description == "Tide, A3"
    assert page.data[0].customer is None


def test_what_leads_nowhere_is_refused(client: StripeClient, open_session: OpenSession) -> None:
    session = open_session()
    for path in ("colour", "status", "payment_intent.a.b.c.d", "metadata.order"):
        with pytest.raises(stripe.InvalidRequestError, match="expand") as caught:
            client.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})
        assert caught.value.param == "expand"


def test_the_refunds_of_a_charge_are_shown_when_asked_for(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    paid(open_session, fake)
    charge = fake.ledger()[0]["charge"]
    refund = client.v1.refunds.create({"charge": charge, "amount": 100})
    shown: Any = client.v1.charges.retrieve(charge, {"expand": ["refunds"]})
    assert [one.id for one in shown.refunds.data] == [refund.id]
