"""Given up: the stock goes back, the story says why."""

import pytest
from django.db import transaction

from bodega.catalog.models import Stock
from bodega.lib.clock import utc_now
from bodega.orders.expiring import mark_expired
from bodega.orders.models import Order, OrderEvent

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def expire(order: Order) -> bool:
    with transaction.atomic():
        return mark_expired(order, "Not paid in time", at=utc_now())


def test_an_unpaid_order_is_given_up_once_and_its_stock_is_free(order: Order) -> None:
    assert Stock.objects.get().reserved == 2
    assert expire(order)
    assert not expire(order)
    assert Stock.objects.get().reserved == 0
    assert OrderEvent.objects.get(kind="expired").message == "Not paid in time"
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED


def test_a_paid_order_is_never_given_up(order: Order) -> None:
    Order.objects.update(status=Order.Status.PAID)
    assert not expire(order)
    assert Stock.objects.get().reserved == 2
    assert not OrderEvent.objects.filter(kind="expired").exists()
