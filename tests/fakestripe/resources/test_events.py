from typing import Any

import pytest
import stripe
from stripe import StripeClient

from fakestripe import API_VERSION
from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession
from tests.fakestripe.receiver import Receiver

PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
]


def types(client: StripeClient, **filters: object) -> list[str]:
    params: Any = filters
    return [str(event.type) for event in client.v1.events.list(params).data]


def test_a_payment_is_told_in_four_events(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id)
    assert types(client)[::-1] == PAID


def test_events_are_found_by_type_by_pattern_and_by_several_types(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id)
    assert types(client, type="charge.succeeded") == ["charge.succeeded"]
    assert types(client, type="payment_intent.*") == [PAID[2], PAID[0]]
    assert types(client, types=["charge.succeeded", "customer.created"]) == ["charge.succeeded"]
    assert types(client, type="customer.*") == []


def test_type_and_types_exclude_each_other_and_types_are_twenty_at_most(
    client: StripeClient,
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        types(client, type="a", types=["b"])
    with pytest.raises(stripe.InvalidRequestError, match="up to 20"):
        types(client, types=["a"] * 21)


def test_events_are_walked_with_cursors(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id)
    newest, _, third, oldest = client.v1.events.list().data
    after = client.v1.events.list({"starting_after": third.id}).data
    assert [event.id for event in after] == [oldest.id]
    before = client.v1.events.list({"ending_before": third.id, "limit": 1})
    assert before.has_more
    assert client.v1.events.list({"ending_before": newest.id}).data == []


def test_an_event_names_the_request_that_caused_it(client: StripeClient) -> None:
    made = client.v1.customers.create({}, {"idempotency_key": "k17"})
    (event,) = client.v1.events.list().data
    assert event.request is not None
    assert event.request.idempotency_key == "k17"
    assert made.last_response is not None
    assert event.request.id == made.last_response.request_id
    assert event.api_version == API_VERSION


def test_an_event_shows_the_object_as_it_was_then(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id)
    client.v1.refunds.create({"charge": fake.ledger()[0]["charge"]})
    (told,) = client.v1.events.list({"type": "charge.succeeded"}).data
    snapshot: Any = told.data.object
    assert snapshot["amount_refunded"] == 0


def test_what_was_delivered_and_what_was_not_can_be_told_apart(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    receiver.answers[:] = [500, 500]
    client.v1.customers.create({})
    receiver.wait_for("customer.created", 2)
    client.v1.products.create({"name": "x"})
    fake.wait(lambda state: [one["attempts"] for one in state["waiting"]] == [2])
    assert types(client, delivery_success=True) == ["product.created"]
    (undelivered,) = client.v1.events.list({"delivery_success": False}).data
    assert (undelivered.type, undelivered.pending_webhooks) == ("customer.created", 1)
    assert client.v1.events.retrieve(undelivered.id).pending_webhooks == 1
    fake.advance(3600)
    fake.wait_delivered()
    assert types(client, delivery_success=False) == []


def test_an_event_may_never_be_generated(
    client: StripeClient, open_session: OpenSession, fake: Handle, receiver: Receiver
) -> None:
    fake.fault("never", "checkout.session.completed")
    for _ in range(2):
        assert fake.pay(open_session().id)["outcome"] == "paid"
    receiver.wait_for("checkout.session.completed")
    assert fake.wait_delivered()["objects"]["event"] == 7
    found = client.v1.events.list({"type": "checkout.session.completed"}).data
    assert len(found) == len(receiver.wait_for("checkout.session.completed")) == 1
    assert len(fake.ledger()) == 2
