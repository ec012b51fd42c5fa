"""The one door for money."""

import pytest

from bodega.orders.models import Order
from bodega.payments.models import LedgerEntry
from bodega.payments.settling import settle
from tests.till import MemoryBank
from bodega.lib.clock import utc_now

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_a_paid_session_makes_the_order_paid(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1")
    settle("cs_test_1", now=utc_now())
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert LedgerEntry.objects.get().amount == order.total == 5490
