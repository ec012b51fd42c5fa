import threading

import pytest
import stripe
from stripe import StripeClient

from fakestripe import idempotency
from fakestripe.bank import Bank
from fakestripe.errors import ApiError
from fakestripe.idempotency import Answer, Keys
from fakestripe.testing import Handle
from tests.fakestripe.conftest import untyped

CREATE = "POST /v1/customers"


def create(client: StripeClient, key: str, email: str = "a@example.com") -> stripe.Customer:
    return client.v1.customers.create({"email": email}, {"idempotency_key": key})


def header(answer: stripe.Customer, name: str) -> str | None:
    assert answer.last_response is not None
    return answer.last_response.headers.get(name)


def test_the_same_key_gives_the_same_answer(client: StripeClient, fake: Handle) -> None:
    first, second = create(client, "k1"), create(client, "k1")
    assert first.id == second.id
    assert fake.state()["objects"]["customer"] == 1
    assert header(first, "Idempotent-Replayed") is None
    assert header(second, "Idempotent-Replayed") == "true"
    assert header(second, "Original-Request") == header(first, "Request-Id")


def test_another_key_is_another_request(client: StripeClient) -> None:
    assert create(client, "k1").id != create(client, "k2").id


def test_the_same_key_with_other_parameters_is_an_error(client: StripeClient) -> None:
    create(client, "k1")
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as caught:
        create(client, "k1", email="b@example.com")
    assert caught.value.http_status == 400


def test_the_same_key_at_another_address_is_an_error(client: StripeClient) -> None:
    create(client, "k1")
    with pytest.raises(stripe.IdempotencyError):
        client.v1.products.create({"name": "x"}, {"idempotency_key": "k1"})


def test_a_key_is_forgotten_after_a_day(client: StripeClient, fake: Handle) -> None:
    first = create(client, "k1")
    fake.advance(24 * 60 * 60 - 60)
    assert create(client, "k1").id == first.id
    fake.advance(120)
    assert create(client, "k1").id != first.id


def test_a_500_is_kept_and_given_again(client: StripeClient, fake: Handle) -> None:
    fake.fault("error", CREATE)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            create(client, "k1")
        assert caught.value.http_status == 500
    assert (caught.value.headers or {})["Idempotent-Replayed"] == "true"
    assert "customer" not in fake.state()["objects"]


def test_a_500_after_the_effect_hides_an_effect_that_took_place(
    client: StripeClient, fake: Handle
) -> None:
    fake.fault("error", CREATE, when="after")
    with pytest.raises(stripe.APIError):
        create(client, "k1")
    assert fake.state()["objects"]["customer"] == 1


def test_a_dropped_answer_is_given_when_asked_again(client: StripeClient, fake: Handle) -> None:
    fake.fault("drop", CREATE)
    with pytest.raises(stripe.APIConnectionError, match="without response"):
        create(client, "k1")
    assert fake.state()["objects"]["customer"] == 1
    assert header(create(client, "k1"), "Idempotent-Replayed") == "true"
    assert fake.state()["objects"]["customer"] == 1


def test_a_refusal_by_the_effect_is_kept_but_one_of_the_parameters_is_not(
    client: StripeClient,
) -> None:
    def refund(key: str, charge: str, **more: object) -> None:
        client.v1.refunds.create(untyped(charge=charge, **more), {"idempotency_key": key})

    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            refund("kept", "ch_none")
    assert (caught.value.headers or {})["Idempotent-Replayed"] == "true"
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            refund("not kept", "ch_none", colour="red")
    assert "Idempotent-Replayed" not in (caught.value.headers or {})


def test_a_key_in_progress_is_a_conflict(client: StripeClient, fake: Handle) -> None:
    fake.fault("delay", CREATE, ms=400)
    outcomes: list[object] = []

    def one() -> None:
        try:
            outcomes.append(create(client, "k1").id)
        except stripe.StripeError as refusal:
            outcomes.append(refusal.http_status)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 409 in outcomes
    assert create(client, "k1").id in outcomes


def test_a_key_is_free_again_after_its_request() -> None:
    keys = Keys()
    with keys.hold("k"), pytest.raises(ApiError, match="in-progress") as caught, keys.hold("k"):
        raise AssertionError("held twice")
    assert caught.value.status == 409
    with keys.hold("k"):
        pass


def test_a_key_may_not_be_endless(client: StripeClient) -> None:
    create(client, "k" * 255)
    with pytest.raises(stripe.InvalidRequestError, match="255 characters"):
        create(client, "k" * 256)


def test_old_answers_are_cleared_away_little_by_little(bank: Bank) -> None:
    for n in range(4):
        idempotency.keep(bank, f"old {n}", "asked", Answer(200, "{}", "req_1"))
    bank.clock.advance(idempotency.LIFETIME + 1)
    idempotency.keep(bank, "new", "asked", Answer(200, "{}", "req_2"))
    kept = bank.store.connection.execute("SELECT count(*) FROM answers").fetchone()[0]
    assert kept == 3
    assert idempotency.replay(bank, "old 3", "asked") is None
    assert idempotency.replay(bank, "new", "asked") is not None
