"""One fakestripe and one webhook address for all of these tests; each test finds them empty."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe
from stripe import StripeClient
from stripe.checkout import Session

from fakestripe.bank import Bank, Settings
from fakestripe.store import Store
from fakestripe.testing import Handle, serve
from tests.fakestripe.receiver import Receiver, receiving

SECRET = "whsec_for_these_tests"

OpenSession = Callable[..., Session]


def untyped(**params: object) -> Any:
    """Parameters that the SDK's types would not let pass: wrong on purpose, or put together."""
    return params


def plain(thing: stripe.StripeObject | None) -> dict[str, Any]:
    """A part of an answer as a dictionary, which the SDK's objects are not."""
    assert thing is not None
    return thing.to_dict()


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[Handle, Receiver]]:
    with receiving() as receiver:
        options = ("--webhook", receiver.url, "--secret", SECRET, "--retries", "0.05,3600")
        with serve(*options, "--merchant", "Tide & Co") as handle:
            yield handle, receiver


@pytest.fixture
def fake(running: tuple[Handle, Receiver]) -> Handle:
    handle, receiver = running
    handle.reset()
    receiver.clear()
    return handle


@pytest.fixture
def receiver(fake: Handle, running: tuple[Handle, Receiver]) -> Receiver:
    return running[1]


@pytest.fixture(scope="session")
def http_client() -> Iterator[stripe.HTTPClient]:
    client = stripe.RequestsClient()
    yield client
    client.close()  # type: ignore[no-untyped-call]  # the SDK forgot its annotation


@pytest.fixture
def client(fake: Handle, http_client: stripe.HTTPClient) -> StripeClient:
    """The official SDK, pointed at fakestripe."""
    return StripeClient(
        "sk_test_shop",
        base_addresses={"api": fake.base_url},
        http_client=http_client,
        max_network_retries=0,
    )


@pytest.fixture
def open_session(client: StripeClient) -> OpenSession:
    """Makes a session as a shop does; whatever is given replaces the usual parameter."""

    def make(currency: str = "eur", amount: int = 1250, **given: object) -> Session:
        params: dict[str, object] = {
            "mode": "payment",
            "success_url": "https://shop.test/thanks?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.test/cart",
            "customer_email": "ada@example.com",
            "metadata": {"order": "17"},
            "payment_intent_data": {"metadata": {"order": "17"}},
            "line_items": [
                {
                    "quantity": 2,
                    "metadata": {"sku": "TIDE-A3"},
                    "price_data": {
                        "currency": currency,
                        "unit_amount": amount,
                        "product_data": {"name": "Tide, A3"},
                    },
                }
            ],
        }
        return client.v1.checkout.sessions.create(untyped(**params | given))

    return make


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank without a server, for tests of what is behind the API."""
    bank = Bank(Store(), Settings(base_url="http://127.0.0.1:1"))
    yield bank
    bank.store.close()
