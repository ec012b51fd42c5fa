"""Paid once, whoever says so."""

import pytest
from django.db import transaction

from bodega.cart import changing
from bodega.cart.models import Cart
from bodega.catalog.models import Movement, Stock
from bodega.lib.clock import utc_now
from bodega.orders.models import Order, OrderEvent
from bodega.orders.paying import mark_paid
from bodega.outbox.messages import NoTransaction
from tests.till import Buyer, stocked

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def pay(order: Order) -> bool:
    with transaction.atomic():
        return mark_paid(order, at=utc_now(), actor="stripe", livemode=False)


def test_the_first_to_say_so_marks_it_and_the_second_does_nothing(order: Order) -> None:
    stale = Order.objects.get()
    assert pay(order) is True
    assert pay(stale) is False
    assert OrderEvent.objects.filter(kind="paid").count() == 1
    assert Stock.objects.get().on_hand == 8


def test_the_stock_is_sold_under_the_orders_name(order: Order) -> None:
    pay(order)
    sold = Movement.objects.get(reason="sold")
    assert (sold.reference, sold.on_hand_delta, sold.actor) == (order.public_id, -2, "stripe")


@pytest.mark.parametrize("status", [Order.Status.EXPIRED, Order.Status.CANCELLED])
def test_money_that_arrives_late_is_kept(order: Order, status: str) -> None:
    Order.objects.update(status=status)
    order.refresh_from_db()
    assert pay(order)
    assert OrderEvent.objects.get(kind="paid").data["was"]


def test_a_shipped_order_does_not_become_merely_paid_again(order: Order) -> None:
    Order.objects.update(status=Order.Status.FULFILLED)
    assert not pay(order)
    order.refresh_from_db()
    assert order.status == Order.Status.FULFILLED


def test_what_was_put_into_the_cart_while_paying_stays(order: Order, buyer: Buyer) -> None:
    other = stocked("WAVES")
    changing.add(buyer.cart.token, other.pk, 1, utc_now())
    pay(order)
    assert [line.variant_id for line in buyer.cart.lines.all()] == [other.pk]


def test_more_of_the_same_that_was_put_in_while_paying_stays_too(
    order: Order, buyer: Buyer
) -> None:
    line = buyer.cart.lines.get()
    changing.add(buyer.cart.token, line.variant_id, 3, utc_now())
    pay(order)
    assert buyer.cart.lines.get().quantity == 3


def test_nobody_elses_cart_is_touched(order: Order, buyer: Buyer) -> None:
    variant = order.lines.get().variant
    assert variant
    other = Buyer.with_cart(variant, 1)
    pay(order)
    assert other.cart.lines.count() == 1


def test_the_code_leaves_the_cart_with_the_order_that_used_it(order: Order) -> None:
    Cart.objects.update(code="TEN")
    Order.objects.update(discount_code="TEN")
    order.refresh_from_db()
    pay(order)
    assert Cart.objects.get().code == ""


@pytest.mark.django_db(transaction=True, databases=["default", "queue"])
def test_it_belongs_into_the_transaction_of_the_money(order: Order) -> None:
    with pytest.raises(NoTransaction):
        mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
