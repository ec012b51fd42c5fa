"""What Stripe tells the shop: verified, stored, answered; applied afterwards."""

import json
from typing import Any

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client

from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import inbox, settling, signatures, stripe, webhook
from bodega.payments.models import LedgerEntry, WebhookEvent
from tests.till import MemoryBank, drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
SECRET = "whsec_test"


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRET = SECRET


def event(**changes: Any) -> bytes:
    told = {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": {"id": "cs_test_1"}},
    }
    return json.dumps(told | changes).encode()


def post(body: bytes, secret: str = SECRET, **options: Any) -> HttpResponse:
    moment = int(utc_now().timestamp())
    signature = f"t={moment},v1={signatures.sign(body, secret, moment).decode()}"
    client = Client(**options)
    return client.post(
        "/payments/webhook/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )


def test_an_event_is_stored_verbatim_and_answered_with_200() -> None:
    assert post(event()).status_code == 200
    stored = WebhookEvent.objects.get()
    assert stored.payload.encode() == event()
    assert (stored.event_id, stored.object_id) == ("evt_1", "cs_test_1")
    assert stored.processed_at is None


def test_it_is_applied_by_a_job_that_settles(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1")
    post(event())
    drain()
    order.refresh_from_db()
    assert order.is_paid
    stored = WebhookEvent.objects.get()
    assert stored.outcome == f"{order.number}: Paid"
    assert stored.processed_at


def test_what_the_customers_return_has_settled_is_done_with_at_once(
    order: Order, bank: MemoryBank
) -> None:
    bank.pay("cs_test_1")
    settling.settle("cs_test_1", now=utc_now())
    drain()
    assert [post(event()).status_code for _ in range(2)] == [200, 200]
    stored = WebhookEvent.objects.get()
    assert stored.outcome == f"{order.number}: was settled before"
    assert stored.processed_at == stored.received_at
    assert drain() == [], "no job for it"


def test_an_event_that_concerns_nobody_is_kept_without_a_job() -> None:
    post(event(type="invoice.paid"))
    assert WebhookEvent.objects.get().outcome == "nothing to do"
    assert drain() == []


def test_a_duplicate_is_answered_like_the_first_and_applied_once(
    order: Order, bank: MemoryBank
) -> None:
    bank.pay("cs_test_1")
    assert [post(event()).status_code for _ in range(3)] == [200, 200, 200]
    tasks = [attempt.job.task for attempt in drain()]
    assert tasks.count("bodega.payments.inbox.process") == 1
    assert LedgerEntry.objects.count() == 1


def test_an_event_whose_job_runs_twice_is_applied_once(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1")
    post(event())
    pk = WebhookEvent.objects.get().pk
    inbox.process.call(pk)
    calls = len(bank.calls)
    inbox.process.call(pk)
    assert len(bank.calls) == calls


def test_an_event_waits_while_stripe_does_not_answer(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1")
    post(event())
    bank.failures.append(stripe.StripeUnreachable("timeout"))
    with pytest.raises(stripe.StripeUnreachable):
        inbox.process.call(WebhookEvent.objects.get().pk)
    assert WebhookEvent.objects.get().processed_at is None
    drain()
    assert LedgerEntry.objects.count() == 1


def test_a_forged_event_is_refused_and_not_stored() -> None:
    response = post(event(), secret="whsec_guess")
    assert response.status_code == 400
    assert not WebhookEvent.objects.exists()


def test_an_event_of_the_other_mode_is_refused() -> None:
    response = post(event(livemode=True))
    assert response.status_code == 400
    assert b"live mode" in response.content
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff\xfe",
        event(id=None),
        event(id="e" * 81),
        event(type=7),
        event(data=None),
        event(data={"object": []}),
        event(data={"object": {"id": ["x"]}}),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    assert post(body).status_code == 400
    assert not WebhookEvent.objects.exists()


def test_a_body_that_is_too_large_is_refused() -> None:
    assert post(b" " * (webhook.LARGEST_BODY + 1)).status_code == 413
    assert post(b" " * 2_000_000).status_code == 400
    assert not WebhookEvent.objects.exists()


def test_other_methods_are_refused() -> None:
    assert Client().get("/payments/webhook/").status_code == 405


def test_a_storage_failure_is_a_500_so_that_stripe_tries_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise DatabaseError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("bodega.payments.inbox.outbox.put", full)
        assert post(event(), raise_request_exception=False).status_code == 500
    assert not WebhookEvent.objects.exists(), "half an event would never be applied"
    assert post(event()).status_code == 200


@pytest.mark.parametrize(
    ("type_", "object_id", "outcome"),
    [
        ("customer.created", "cus_1", "nothing to do"),
        ("checkout.session.completed", "cs_unknown", "ignored: No such checkout.session"),
    ],
)
def test_what_is_not_for_us_is_marked_as_such(
    bank: MemoryBank, type_: str, object_id: str, outcome: str
) -> None:
    post(event(type=type_, data={"object": {"id": object_id}}))
    drain()
    assert WebhookEvent.objects.get().outcome.startswith(outcome)
