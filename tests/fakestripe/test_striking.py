import errno

import httpx
import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession

CREATE = "POST /v1/customers"


def post(fake: Handle, key: str) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return httpx.post(f"{fake.base_url}/v1/customers", headers=headers, auth=("sk_test_x", ""))


def cause_of(problem: BaseException) -> OSError:
    """The system's error at the bottom of what the client raised."""
    while problem.__cause__ or problem.__context__:
        problem = problem.__cause__ or problem.__context__ or problem
    assert isinstance(problem, OSError)
    return problem


def test_a_429_does_nothing_and_the_same_key_works_afterwards(
    client: StripeClient, fake: Handle
) -> None:
    fake.fault("limit", CREATE)
    assert post(fake, "k").status_code == 429
    assert client.v1.customers.list().data == []
    again = post(fake, "k")
    assert (again.status_code, again.headers.get("idempotent-replayed")) == (200, None)
    assert len(client.v1.customers.list().data) == 1


def test_the_sdk_sees_a_429_as_a_rate_limit(client: StripeClient, fake: Handle) -> None:
    fake.fault("limit", "GET /v1/customers")
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()
    assert client.v1.customers.list().data == []


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_reset_connection_says_nothing_of_what_was_done(
    client: StripeClient, fake: Handle, when: str, made: int
) -> None:
    fake.fault("reset", CREATE, when=when)
    with pytest.raises(httpx.ReadError) as caught:
        post(fake, "k")
    assert cause_of(caught.value).errno == errno.ECONNRESET
    assert len(client.v1.customers.list().data) == made
    again = post(fake, "k")
    assert (again.status_code, "idempotent-replayed" in again.headers) == (200, bool(made))
    assert len(client.v1.customers.list().data) == 1


def test_a_dropped_connection_is_closed_not_reset(fake: Handle) -> None:
    fake.fault("drop", CREATE)
    with pytest.raises(httpx.RemoteProtocolError):
        post(fake, "k")


@pytest.mark.parametrize(("when", "paid"), [("before", 0), ("after", 1)])
def test_the_payment_page_is_reset_as_well(
    open_session: OpenSession, fake: Handle, when: str, paid: int
) -> None:
    session = open_session()
    fake.fault("reset", "POST /c/pay/*", when=when)
    card = {"card": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    with pytest.raises(httpx.ReadError):
        httpx.post(f"{fake.base_url}/c/pay/{session.id}", data=card)
    assert len(fake.ledger()) == paid


def test_a_page_that_is_too_busy_says_so_and_takes_nothing(
    open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    fake.fault("limit", "POST /c/pay/*")
    card = {"card": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    answer = httpx.post(f"{fake.base_url}/c/pay/{session.id}", data=card)
    assert answer.status_code == 429
    assert "rate limit" in answer.text
    assert fake.ledger() == []
