"""The shop, the buyer and the bank of `tests.till`."""

import pytest
from django.db import transaction

from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.orders.paying import mark_paid
from tests.till import bank, buyer, merchant, order, variant

__all__ = ["bank", "buyer", "merchant", "order", "paid", "variant"]


@pytest.fixture
def paid(order: Order) -> Order:
    """An order of two prints that was paid just now."""
    with transaction.atomic():
        mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
    return order
