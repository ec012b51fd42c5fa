"""Open pages hear of a change."""

from typing import Any

import pytest

from bodega.orders import announcing
from bodega.orders.models import Order

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_the_orders_page_and_the_back_office_are_told_how_it_stands(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[Any, ...]] = []
    monkeypatch.setattr(announcing.cable, "broadcast", lambda *words: told.append(words))
    announcing.announce.call(order.pk)
    about = {"number": order.number, "status": "awaiting_payment"}
    assert told == [(order.channel, "order", about), ("orders", "order", about)]
