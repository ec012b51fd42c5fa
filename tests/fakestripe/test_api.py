import httpx
import pytest
import stripe
from stripe import StripeClient

from fakestripe import API_VERSION
from fakestripe.testing import Handle
from tests.fakestripe.conftest import untyped

KEY = {"Authorization": "Bearer sk_test_shop"}


def get(fake: Handle, path: str, **headers: str) -> httpx.Response:
    return httpx.get(fake.base_url + path, headers=headers)


def test_without_a_key_nothing_is_answered(fake: Handle) -> None:
    answer = get(fake, "/v1/events")
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert "You did not provide an API key" in answer.json()["error"]["message"]


@pytest.mark.parametrize("key", ["sk_live_secret", "pk_test_public", "anything"])
def test_only_secret_test_keys_are_taken(fake: Handle, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
        StripeClient(key, base_addresses={"api": fake.base_url}).v1.events.list()


def test_a_wrong_key_is_not_repeated_in_the_answer(fake: Handle) -> None:
    answer = get(fake, "/v1/events", Authorization="Bearer sk_live_verysecret")
    assert "verysecret" not in answer.text


def test_the_key_may_be_the_user_of_basic_authentication(fake: Handle) -> None:
    assert httpx.get(f"{fake.base_url}/v1/events", auth=("sk_test_x", "")).status_code == 200
    assert httpx.get(f"{fake.base_url}/v1/events", auth=("sk_live_x", "")).status_code == 401
    assert get(fake, "/v1/events", Authorization="Basic ???").status_code == 401


def test_every_answer_has_its_request_id_and_the_version_spoken(fake: Handle) -> None:
    answers = [get(fake, path, **KEY) for path in ("/v1/events", "/v1/events", "/v1/charges/no")]
    ids = {answer.headers["Request-Id"] for answer in answers}
    assert len(ids) == 3
    assert all(request_id.startswith("req_") for request_id in ids)
    assert {answer.headers["Stripe-Version"] for answer in answers} == {API_VERSION}


def test_the_version_is_the_one_the_installed_sdk_asks_for(fake: Handle) -> None:
    assert stripe.api_version == API_VERSION


def test_a_version_that_is_none_is_refused(fake: Handle) -> None:
    answer = get(fake, "/v1/events", **KEY, **{"Stripe-Version": "newest"})
    assert answer.status_code == 400
    assert "Invalid Stripe API version: newest" in answer.json()["error"]["message"]


def test_an_address_that_is_no_call_is_told_so(fake: Handle) -> None:
    answer = get(fake, "/v1/unicorns", **KEY)
    assert answer.status_code == 404
    message = "Unrecognized request URL (GET: /v1/unicorns)"
    assert message in answer.json()["error"]["message"]
    assert httpx.delete(f"{fake.base_url}/v1/events", headers=KEY).status_code == 404


def test_what_does_not_exist_is_missing(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.charges.retrieve("ch_none")
    assert caught.value.http_status == 404
    assert caught.value.code == "resource_missing"
    assert caught.value.param == "id"
    assert caught.value.user_message == "No such charge: 'ch_none'"


def test_an_object_of_another_kind_is_missing_too(client: StripeClient) -> None:
    customer = client.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError, match="No such charge"):
        client.v1.charges.retrieve(customer.id)


def test_an_unknown_parameter_is_refused_over_the_wire(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.customers.create(untyped(colour="red"))
    assert caught.value.code == "parameter_unknown"
    assert caught.value.param == "colour"
    assert caught.value.http_status == 400


def test_a_refusal_leaves_nothing_half_done(client: StripeClient, fake: Handle) -> None:
    line = {"price_data": {"currency": "eur", "unit_amount": 5, "product_data": {"name": "x"}}}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(
            untyped(success_url="https://shop.test", line_items=[line])
        )
    assert caught.value.code == "amount_too_small"
    assert set(fake.state()["objects"]) == {"webhook_endpoint"}


def test_the_front_page_says_what_this_is(fake: Handle) -> None:
    assert "Test only" in httpx.get(fake.base_url).text
    assert httpx.get(f"{fake.base_url}/nowhere").status_code == 404
