"""Everything at the same time: threads that meet at a barrier, each with its own connection."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from bodega.cart.models import CartLine
from bodega.catalog.models import Movement, Stock, Variant
from bodega.lib.clock import utc_now
from bodega.orders.models import Mail, Order, OrderEvent
from bodega.payments import signatures
from bodega.payments.models import LedgerEntry, WebhookEvent
from bodega.payments.settling import settle
from tests.till import Buyer, MemoryBank, drain

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])
SECRET = "whsec_test"


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Every call in a thread of its own, begun together; their results in order."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def deliver(event_id: str) -> int:
    told = {
        "id": event_id,
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": {"id": "cs_test_1"}},
    }
    body, moment = json.dumps(told).encode(), int(utc_now().timestamp())
    signature = signatures.sign(body, SECRET, moment).decode()
    headers = {"Stripe-Signature": f"t={moment},v1={signature}"}
    response = Client().post(
        "/payments/webhook/", body, content_type="application/json", headers=headers
    )
    return response.status_code


def paid_once(order: Order) -> None:
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert LedgerEntry.objects.count() == 1
    assert OrderEvent.objects.filter(kind="paid").count() == 1
    assert Movement.objects.filter(reason="sold").count() == 1
    assert Stock.objects.get().on_hand == 8


def test_the_webhook_three_times_at_once_is_one_event_and_one_ledger_row(
    order: Order, bank: MemoryBank, settings: Any
) -> None:
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    bank.pay("cs_test_1")
    assert at_once([lambda: deliver("evt_1")] * 3) == [200, 200, 200]
    assert WebhookEvent.objects.count() == 1
    drain()
    paid_once(order)
    assert Mail.objects.count() == 1


def test_many_events_and_success_pages_at_once_settle_once(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1")
    at_once([lambda: settle("cs_test_1", now=utc_now())] * 8)
    paid_once(order)


def test_without_the_guards_the_same_race_books_the_money_several_times(
    order: Order, bank: MemoryBank
) -> None:
    """The control: what a shop does that looks first and writes afterwards."""
    looked = threading.Barrier(3)

    def naive() -> None:
        seen = Order.objects.get()
        looked.wait()
        if seen.status != Order.Status.PAID:
            with transaction.atomic():
                Order.objects.filter(pk=seen.pk).update(status=Order.Status.PAID)
                LedgerEntry.objects.create(
                    order=seen,
                    payment_intent=f"pi_{threading.get_ident()}",  # no row unique to the charge
                    kind=LedgerEntry.Kind.CHARGE,
                    amount=seen.total,
                    currency=seen.currency,
                    at=utc_now(),
                )

    at_once([naive] * 3)
    assert LedgerEntry.objects.count() == 3


def test_two_buyers_and_one_unit_make_one_sale_and_the_other_is_told_before_paying(
    bank: MemoryBank, variant: Variant
) -> None:
    Stock.objects.update(on_hand=1)
    buyers = [Buyer.with_cart(variant) for _ in range(2)]
    forms = [buyer.form() for buyer in buyers]

    def buy(number: int) -> Any:
        return buyers[number].client.post("/checkout/", forms[number])

    answers = at_once([lambda: buy(0), lambda: buy(1)])
    won, lost = sorted(answers, key=lambda answer: int(answer.status_code))
    assert won.status_code == 303
    assert lost.status_code in {409, 422}
    assert "sold out" in lost.content.decode()
    order = Order.objects.get()
    assert bank.calls == ["create"], "nobody is sent to pay for what is gone"
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved) == (1, 1)
    bank.pay("cs_test_1")
    settle("cs_test_1", now=utc_now())
    order.refresh_from_db()
    assert order.is_paid
    assert not order.is_oversold
    assert Stock.objects.get().on_hand == 0


def test_many_buyers_and_one_unit_make_one_sale(bank: MemoryBank, variant: Variant) -> None:
    Stock.objects.update(on_hand=1)
    buyers = [Buyer.with_cart(variant) for _ in range(8)]
    forms = [buyer.form() for buyer in buyers]
    calls = [
        lambda buyer=buyer, form=form: buyer.client.post("/checkout/", form).status_code
        for buyer, form in zip(buyers, forms, strict=True)
    ]
    assert sorted(at_once(calls))[:2] != [303, 303]
    assert Order.objects.count() == 1
    assert Stock.objects.get().reserved == 1


def test_without_the_guard_both_buyers_get_the_last_unit(variant: Variant) -> None:
    """The control: look at the shelf, then reserve."""
    Stock.objects.update(on_hand=1)
    looked, sold = threading.Barrier(2), []

    def naive() -> None:
        seen = Stock.objects.get()
        looked.wait()
        if seen.available >= 1:
            Stock.objects.filter(pk=seen.pk).update(reserved=seen.reserved + 1)
            sold.append(1)

    at_once([naive] * 2)
    assert len(sold) == 2


def test_a_double_click_is_one_order_and_one_session(bank: MemoryBank, variant: Variant) -> None:
    buyer = Buyer.with_cart(variant, 2)
    form, token = buyer.form(), buyer.cart.token

    def click() -> tuple[int, str]:
        client = Client()
        client.cookies["cart"] = token
        response = client.post("/checkout/", form)
        return response.status_code, response["Location"]

    assert at_once([click] * 4) == [(303, "https://bank.example/1")] * 4
    assert Order.objects.count() == 1
    assert Stock.objects.get().reserved == 2


def test_the_same_article_put_in_many_times_at_once_under_one_key_is_put_in_once(
    variant: Variant,
) -> None:
    """A repeat that arrives while the first is still being worked on waits for its answer."""
    token = Buyer.with_cart(variant, 1).cart.token

    def add(key: str) -> dict[str, Any]:
        client = Client()
        client.cookies["cart"] = token
        headers = {"Idempotency-Key": key, "Accept": "application/json"}
        told: dict[str, Any] = client.post(
            "/cart/lines/", {"variant": variant.pk}, headers=headers
        ).json()
        return told

    told = at_once([lambda: add("one-wish-many-times")] * 5)
    assert [each["count"] for each in told] == [2] * 5
    assert CartLine.objects.get().quantity == 2
    at_once([partial(add, f"another-wish-number-{n}") for n in range(3)])
    assert CartLine.objects.get().quantity == 5, "the control: keys of their own"
