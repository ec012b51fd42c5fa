"""What Stripe's events make the shop look at."""

import json
from typing import Any

import pytest

from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import applying, inbox, refunding, stripe
from bodega.payments.models import Attempt, Dispute, Refund, WebhookEvent
from tests.till import MemoryBank, drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
INTENT = "pi_cs_test_1"


def event(kind: str, object_id: str) -> WebhookEvent:
    return WebhookEvent(type=kind, object_id=object_id)


def applied(kind: str, object_id: str) -> str:
    return applying.apply(event(kind, object_id), now=utc_now())


@pytest.mark.parametrize(
    "kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
)
def test_every_event_of_a_refund_looks_at_the_refund(
    paid: Order, bank: MemoryBank, kind: str
) -> None:
    bank.give_back({"payment_intent": INTENT, "amount": 1500})
    assert applied(kind, "re_1") == "B-1001: refund refunded"
    assert Refund.objects.get().amount == 1500


def test_a_refunded_charge_takes_in_each_of_its_refunds(paid: Order, bank: MemoryBank) -> None:
    for amount in (1500, 500):
        bank.give_back({"payment_intent": INTENT, "amount": amount})
    assert applied("charge.refunded", "ch_1") == "B-1001: 2 refunds"
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [500, 1500]


@pytest.mark.parametrize("what", ["created", "updated", "funds_withdrawn", "closed"])
def test_every_event_of_a_dispute_looks_at_the_dispute(
    paid: Order, bank: MemoryBank, what: str
) -> None:
    bank.complain(INTENT)
    assert applied(f"charge.dispute.{what}", "du_1") == "B-1001: dispute needs response"
    assert Dispute.objects.get().order == paid


def test_other_shops_and_unknown_things_are_left_alone(paid: Order, bank: MemoryBank) -> None:
    bank.give_back({"payment_intent": INTENT, "amount": 1500})
    Attempt.objects.update(payment_intent="pi_other")
    bank.sessions.clear()
    assert applied("refund.created", "re_1") == applying.ANOTHERS
    assert applied("charge.refunded", "ch_1") == applying.ANOTHERS
    assert applied("refund.created", "re_9") == "ignored: No such refund: re_9"
    assert applied("charge.dispute.created", "du_9").startswith("ignored")
    assert applied("customer.created", "cus_1") == "nothing to do"
    assert not Refund.objects.exists()


@pytest.mark.parametrize("error", [stripe.StripeUnreachable("timeout"), refunding.Overdrawn("why")])
def test_what_may_be_better_later_is_tried_again(
    paid: Order, bank: MemoryBank, error: Exception
) -> None:
    bank.give_back({"payment_intent": INTENT, "amount": 1500})
    bank.failures = [error]
    with pytest.raises(type(error)):
        applied("refund.created", "re_1")


def test_an_event_goes_the_whole_way_from_the_inbox_to_the_ledger(
    paid: Order, bank: MemoryBank
) -> None:
    bank.give_back({"payment_intent": INTENT, "amount": 1500})
    told: dict[str, Any] = {"id": "evt_1", "type": "refund.created", "livemode": False}
    body = json.dumps(told | {"data": {"object": {"id": "re_1"}}}).encode()
    inbox.receive(body, now=utc_now())
    drain()
    assert WebhookEvent.objects.get().outcome == "B-1001: refund refunded"
    paid.refresh_from_db()
    assert paid.refunded == 1500
