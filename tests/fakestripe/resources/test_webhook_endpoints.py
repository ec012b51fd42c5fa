from collections.abc import Iterator

import pytest
import stripe
from stripe import StripeClient

from fakestripe.bank import Bank, Endpoint
from fakestripe.resources import webhook_endpoints
from fakestripe.testing import Handle
from tests.fakestripe.conftest import untyped
from tests.fakestripe.receiver import Receiver, receiving


@pytest.fixture
def second(fake: Handle) -> Iterator[Receiver]:
    """Another address, which no endpoint knows yet."""
    with receiving() as receiver:
        yield receiver


def test_the_endpoint_given_at_start_is_listed(client: StripeClient, receiver: Receiver) -> None:
    (endpoint,) = client.v1.webhook_endpoints.list().data
    assert endpoint.url == receiver.url
    assert endpoint.enabled_events == ["*"]
    assert "secret" not in endpoint


def test_a_new_endpoint_gets_what_it_asked_for_signed_with_its_own_secret(
    client: StripeClient, receiver: Receiver, second: Receiver
) -> None:
    endpoint = client.v1.webhook_endpoints.create(
        {"url": second.url, "enabled_events": ["customer.created"]}
    )
    client.v1.products.create({"name": "x"})
    client.v1.customers.create({})
    (got,) = second.wait_for("customer.created")
    receiver.wait_for("product.created")
    assert [one.type for one in second.received] == ["customer.created"]
    assert endpoint.secret is not None
    stripe.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], endpoint.secret)


def test_the_secret_is_shown_once(client: StripeClient) -> None:
    made = client.v1.webhook_endpoints.create(
        {"url": "https://shop.test/hook", "enabled_events": ["*"]}
    )
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id)


def test_a_disabled_or_deleted_endpoint_is_told_nothing(
    client: StripeClient, receiver: Receiver, second: Receiver
) -> None:
    endpoint = client.v1.webhook_endpoints.create({"url": second.url, "enabled_events": ["*"]})
    changed = client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    assert changed.status == "disabled"
    client.v1.customers.create({})
    assert client.v1.webhook_endpoints.delete(endpoint.id).deleted
    client.v1.customers.create({})
    receiver.wait_for("customer.created", 2)
    assert second.received == []


def test_an_endpoint_can_move_and_change_its_mind(client: StripeClient, second: Receiver) -> None:
    endpoint = client.v1.webhook_endpoints.create(
        {"url": "https://shop.test/old", "enabled_events": ["charge.failed"]}
    )
    client.v1.webhook_endpoints.update(
        endpoint.id, {"url": second.url, "enabled_events": ["customer.created"]}
    )
    client.v1.customers.create({})
    second.wait_for("customer.created")


def test_an_address_must_be_one(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid URL"):
        client.v1.webhook_endpoints.create({"url": "shop.test", "enabled_events": ["*"]})


def test_an_event_type_that_does_not_exist_is_refused(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.webhook_endpoints.create(
            untyped(url="https://shop.test", enabled_events=["order.paid"])
        )
    assert caught.value.param == "enabled_events[0]"


def test_an_endpoint_given_again_at_the_next_start_is_the_same_with_its_new_secret(
    bank: Bank,
) -> None:
    for secret, events in [("whsec_1", ("*",)), ("whsec_2", ("charge.*",))]:
        webhook_endpoints.register(bank, Endpoint("http://127.0.0.1:1/hook", secret, events))
        (endpoint,) = bank.store.select("type = 'webhook_endpoint'")
        assert bank.store.hidden(endpoint["id"]) == {"secret": secret}
        assert endpoint["enabled_events"] == list(events)
    assert bank.store.sequence(endpoint["id"]) == 1
