"""Orders that only Stripe remembers."""

from typing import Any

import pytest
from django.db import connection

from bodega.catalog.models import Movement, Reservation, Stock, Variant
from bodega.discounts.models import Discount
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import guarding
from bodega.orders.models import Mail, Order, OrderEvent
from bodega.payments import settling
from bodega.payments.models import Attempt, LedgerEntry
from bodega.payments.settling import settle
from tests.till import Buyer, MemoryBank, drain, stocked

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

FORGOTTEN = ("id", "order_id", "expires_at", "is_recovered", "livemode", "paid_at", "status")


def lose(order: Order) -> None:
    """The volume of before the order was placed: its rows and its reservation are gone."""
    for row in Reservation.objects.filter(reference=order.public_id):
        Stock.objects.filter(pk=row.variant_id).update(reserved=0)
    Reservation.objects.all().delete()
    Movement.objects.all().delete()
    Attempt.objects.filter(order=order).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox_message")
    guarding.step_aside()  # nobody deleted them: they have never been in that file
    order.delete()
    guarding.install()


def photograph(order: Order) -> dict[str, Any]:
    """Everything a customer was promised."""
    rows = {
        "order": Order.objects.filter(pk=order.pk).values().get(),
        "lines": list(order.lines.values()),
        "addresses": list(order.addresses.order_by("kind").values()),
    }
    strip = lambda row: {k: v for k, v in row.items() if k not in FORGOTTEN}  # noqa: E731
    return {
        name: strip(row) if isinstance(row, dict) else [strip(r) for r in row]
        for name, row in rows.items()
    }


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_lost_order_comes_back_as_it_was(
    merchant: Merchant, bank: MemoryBank, inclusive: bool
) -> None:
    Merchant.objects.update(prices_include_tax=inclusive)
    Discount.objects.create(code="TEN", percent=10)
    buyer = Buyer.with_cart(stocked(price=3333), 3)
    buyer.client.post("/cart/code/", {"code": "TEN"})
    form = buyer.form() | {"note": "Ring twice", "phone": "+49 30 1", "company": "Engines"}
    del form["billing_same"]
    form |= {
        "billing_name": "Analytical Ltd",
        "billing_street": "2 Rue X",
        "billing_postcode": "75001",
        "billing_city": "Paris",
        "billing_country": "FR",
    }
    assert buyer.client.post("/checkout/", form).status_code == 303
    order = Order.objects.get()
    assert order.discount
    assert bool(order.added_tax) is not inclusive
    before = photograph(order)
    lose(order)
    bank.pay("cs_test_1")
    again = settle("cs_test_1", now=utc_now())
    assert photograph(again) == before
    assert again.is_recovered
    assert again.is_paid
    assert LedgerEntry.objects.get().amount == again.total
    assert Stock.objects.get().on_hand == 7
    drain()
    assert Mail.objects.get().order == again


def test_the_old_number_and_id_are_kept_when_they_are_free(order: Order, bank: MemoryBank) -> None:
    number, pk = order.number, order.pk
    lose(order)
    bank.pay("cs_test_1")
    again = settle("cs_test_1", now=utc_now())
    assert (again.number, again.pk) == (number, pk)


def test_a_number_that_was_given_to_somebody_else_meanwhile_is_marked(
    order: Order, bank: MemoryBank, variant: Variant
) -> None:
    number = order.number
    lose(order)
    Buyer.with_cart(variant).order()
    newer = Order.objects.get()
    Order.objects.filter(pk=newer.pk).update(number=number)
    bank.pay("cs_test_1")
    again = settle("cs_test_1", now=utc_now())
    assert again.number == number + "R"
    assert again.pk != newer.pk


def test_what_is_out_of_stock_by_now_is_flagged(order: Order, bank: MemoryBank) -> None:
    lose(order)
    Stock.objects.update(on_hand=1)
    bank.pay("cs_test_1")
    again = settle("cs_test_1", now=utc_now())
    assert again.is_paid
    assert again.is_oversold
    assert OrderEvent.objects.filter(order=again, kind="recovered").exists()


def test_an_article_that_is_not_in_the_catalogue_any_more_keeps_its_line(
    order: Order, bank: MemoryBank, variant: Variant
) -> None:
    lose(order)
    variant.product.delete()
    bank.pay("cs_test_1")
    again = settle("cs_test_1", now=utc_now())
    line = again.lines.get()
    assert (line.sku, line.variant_id) == ("DUNES", None)
    assert again.is_paid


def test_a_session_nobody_paid_is_not_worth_rebuilding(order: Order, bank: MemoryBank) -> None:
    lose(order)
    with pytest.raises(settling.OrderMissing):
        settle("cs_test_1", now=utc_now())
    assert not Order.objects.exists()


def test_a_rebuilt_order_is_rebuilt_once(order: Order, bank: MemoryBank) -> None:
    lose(order)
    bank.pay("cs_test_1")
    for _ in range(3):
        settle("cs_test_1", now=utc_now())
    assert Order.objects.count() == LedgerEntry.objects.count() == 1
