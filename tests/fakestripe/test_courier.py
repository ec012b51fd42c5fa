import time

import pytest
import stripe
from stripe import StripeClient

from fakestripe.bank import Bank
from fakestripe.courier import Courier, signature
from fakestripe.testing import Handle
from tests.fakestripe.conftest import SECRET, OpenSession, untyped
from tests.fakestripe.receiver import Receiver

CREATED = "customer.created"


def test_the_sdk_takes_the_signature_and_reads_the_event(
    client: StripeClient, receiver: Receiver
) -> None:
    customer = client.v1.customers.create({"name": "Zoë 🐚"})
    (got,) = receiver.wait_for(CREATED)
    event = stripe.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], SECRET)
    assert event.data.object["id"] == customer.id
    assert got.event["data"]["object"]["name"] == "Zoë 🐚"


@pytest.mark.parametrize("change", ["body", "secret", "header", "age"])
def test_the_sdk_refuses_what_was_changed(
    client: StripeClient, receiver: Receiver, change: str
) -> None:
    client.v1.customers.create({})
    (got,) = receiver.wait_for(CREATED)
    body, header, secret = got.body, got.headers["Stripe-Signature"], SECRET
    if change == "body":
        body = body.replace(b"customer", b"Customer", 1)
    elif change == "secret":
        secret = SECRET + "x"
    elif change == "header":
        header = header[:-1] + ("0" if header[-1] != "0" else "1")
    else:
        header = signature(SECRET, int(time.time()) - 301, body)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, header, secret)


def test_a_signature_is_fresh_however_far_the_bank_has_moved_its_clock(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    fake.advance(3 * 24 * 3600)
    client.v1.customers.create({})
    (got,) = receiver.wait_for(CREATED)
    stripe.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], SECRET)
    signed_at = int(got.headers["Stripe-Signature"].split(",")[0].removeprefix("t="))
    assert abs(signed_at - time.time()) < 60


def test_a_refused_webhook_comes_again_with_the_same_event(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    receiver.answers[:] = [500]
    client.v1.customers.create({})
    first, second = receiver.wait_for(CREATED, 2)
    assert first.event["id"] == second.event["id"]
    assert fake.wait_delivered()["deliveries"] == {"succeeded": 1}


def test_after_the_last_try_a_webhook_is_given_up(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    receiver.answers[:] = [500, 400, 302]
    client.v1.customers.create({})
    fake.wait(lambda state: [one["attempts"] for one in state["waiting"]] == [2])
    assert fake.state()["waiting"][0]["last"] == "400"
    fake.advance(3600)
    assert fake.wait_delivered()["deliveries"] == {"failed": 1}
    assert len(receiver.received) == 3


def test_a_shop_that_is_down_is_tried_again(client: StripeClient, fake: Handle) -> None:
    client.v1.webhook_endpoints.create(
        untyped(url="http://127.0.0.1:1/hook", enabled_events=[CREATED])
    )
    client.v1.customers.create({})
    state = fake.wait(lambda state: [one["attempts"] for one in state["waiting"]] == [2])
    assert "ConnectionRefusedError" in state["waiting"][0]["last"]


def test_a_lost_webhook_counts_as_delivered(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    fake.fault("lost", CREATED)
    client.v1.customers.create({"name": "lost"})
    client.v1.customers.create({"name": "kept"})
    (got,) = receiver.wait_for(CREATED)
    assert got.event["data"]["object"]["name"] == "kept"
    assert fake.wait_delivered()["deliveries"] == {"succeeded": 2}
    assert len(receiver.received) == 1


def test_an_undelivered_webhook_stays_undelivered(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    fake.fault("undelivered", CREATED)
    client.v1.customers.create({})
    assert fake.wait_delivered()["deliveries"] == {"failed": 1}
    assert [e.type for e in client.v1.events.list({"delivery_success": False}).data] == [CREATED]
    assert receiver.received == []


def test_a_webhook_may_come_twice(client: StripeClient, fake: Handle, receiver: Receiver) -> None:
    fake.fault("twice", CREATED)
    client.v1.customers.create({})
    first, second = receiver.wait_for(CREATED, 2)
    assert first.body == second.body
    assert fake.wait_delivered()["deliveries"] == {"succeeded": 1}


def test_a_late_webhook_comes_when_its_time_has_come(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    fake.fault("late", CREATED, ms=3_600_000)
    client.v1.customers.create({})
    client.v1.products.create({"name": "x"})
    receiver.wait_for("product.created")
    fake.wait(lambda state: len(state["waiting"]) == 1)
    assert [got.type for got in receiver.received] == ["product.created"]
    fake.advance(3600)
    receiver.wait_for(CREATED)
    assert fake.wait_delivered()["deliveries"] == {"succeeded": 2}


def test_a_burst_is_delivered_whole(
    open_session: OpenSession, fake: Handle, receiver: Receiver
) -> None:
    sessions = {open_session().id for _ in range(12)}
    for session_id in sessions:
        fake.pay(session_id)
    told = receiver.wait_for("checkout.session.completed", 12)
    assert {got.event["data"]["object"]["id"] for got in told} == sessions
    assert fake.wait_delivered()["deliveries"] == {"succeeded": 48}


def order_of(receiver: Receiver, count: int) -> list[str]:
    return [got.type for got in receiver.wait(lambda got: len(got) >= count)][:count]


def test_a_held_webhook_comes_after_the_one_that_followed_it(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    fake.fault("reordered", CREATED, ms=3_600_000)
    client.v1.customers.create({})
    fake.wait(lambda state: not state["faults"])
    client.v1.products.create({"name": "x"})
    assert order_of(receiver, 2) == ["product.created", CREATED]
    assert fake.wait_delivered()["deliveries"] == {"succeeded": 2}


def test_several_held_in_a_row_come_in_the_opposite_order(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    fake.fault("reordered", count=3, ms=3_600_000)
    made = [client.v1.customers.create({}).id for _ in range(3)]
    fake.wait(lambda state: not state["faults"])
    assert receiver.received == []
    fake.advance(3600)
    told = receiver.wait_for(CREATED, 3)
    assert [got.event["data"]["object"]["id"] for got in told] == made[::-1]


def test_a_held_webhook_that_none_follows_comes_in_time(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    fake.fault("reordered", CREATED, ms=50)
    client.v1.customers.create({})
    receiver.wait_for(CREATED)
    assert fake.wait_delivered()["deliveries"] == {"succeeded": 1}


def test_an_earlier_webhook_does_not_let_a_held_one_go(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    fake.fault("late", "product.created", ms=1)
    fake.fault("reordered", CREATED, ms=3_600_000)
    client.v1.products.create({"name": "x"})
    client.v1.customers.create({})
    receiver.wait_for("product.created")
    state = fake.wait(lambda state: not state["faults"] and len(state["waiting"]) == 1)
    assert state["deliveries"] == {"pending": 1, "succeeded": 1}
    client.v1.products.create({"name": "y"})
    receiver.wait_for(CREATED)


@pytest.mark.parametrize("seconds", [-600, 600])
def test_a_skewed_clock_signs_with_another_time_and_once_only(
    client: StripeClient, fake: Handle, receiver: Receiver, seconds: int
) -> None:
    fake.fault("skew", CREATED, seconds=seconds)
    client.v1.customers.create({})
    client.v1.products.create({"name": "x"})
    (skewed,), (right,) = receiver.wait_for(CREATED), receiver.wait_for("product.created")
    stamps = [
        int(got.headers["Stripe-Signature"].split(",")[0].removeprefix("t="))
        for got in (skewed, right)
    ]
    assert abs(stamps[0] - time.time() - seconds) < 60
    assert abs(stamps[1] - time.time()) < 60
    assert skewed.headers["Stripe-Signature"] == signature(SECRET, stamps[0], skewed.body)


def test_the_courier_is_not_woken_for_what_can_wait_until_it_looks_again(bank: Bank) -> None:
    courier = Courier(bank)
    courier.asleep_until = 100.0
    bank.wake(100.0)
    assert not courier.bell.is_set()
    bank.wake(99.9)
    assert courier.bell.is_set()
