import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession


def statuses(client: StripeClient, *sessions: str) -> list[tuple[str | None, str]]:
    found = [client.v1.checkout.sessions.retrieve(session) for session in sessions]
    return [(session.status, session.payment_status) for session in found]


def test_a_buyer_may_pay_at_the_instant_the_shop_gives_up(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    chosen, other = open_session().id, open_session().id
    fake.fault("brink", chosen)
    client.v1.checkout.sessions.expire(other)
    with pytest.raises(stripe.InvalidRequestError, match="has a status of `complete`"):
        client.v1.checkout.sessions.expire(chosen)
    assert statuses(client, chosen, other) == [("complete", "paid"), ("expired", "unpaid")]
    assert [entry["session"] for entry in fake.ledger()] == [chosen]


def test_a_buyer_may_pay_at_the_instant_the_time_is_up(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    chosen, other = open_session().id, open_session().id
    fake.fault("brink", chosen)
    fake.advance(24 * 3600 + 1)
    assert statuses(client, chosen, other) == [("complete", "paid"), ("expired", "unpaid")]
    kinds = {event.type for event in client.v1.events.list({"limit": 50}).data}
    assert {"checkout.session.completed", "checkout.session.expired"} <= kinds


def test_a_session_that_is_closed_uses_up_no_switch(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session().id
    client.v1.checkout.sessions.expire(session)
    fake.fault("brink")
    with pytest.raises(stripe.InvalidRequestError, match="has a status of `expired`"):
        client.v1.checkout.sessions.expire(session)
    assert len(fake.state()["faults"]) == 1
    assert fake.ledger() == []
