"""A shop in this process, and a real fakestripe in its own: what is compared has crossed the wire."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from bodega.cart import changing
from bodega.catalog.models import Reservation, Variant
from bodega.lib.clock import utc_now
from bodega.orders import guarding
from bodega.orders.models import Order
from bodega.payments import opening, stripe
from bodega.payments.models import Attempt
from fakestripe.testing import Handle, serve
from tests.till import Buyer, open_shop, stocked


@dataclass
class Town:
    """`bank`: fakestripe, without a webhook: whatever the shop knows, it has found by itself."""

    bank: Handle
    variant: Variant
    sessions: list[str] = field(default_factory=list)

    def order(self, quantity: int = 1) -> Order:
        """Somebody orders and is on the payment page."""
        cart = changing.add("", self.variant.pk, quantity, utc_now())
        client = Client()
        client.cookies["cart"] = cart.token
        response = Buyer(client, cart).order()
        assert response.status_code == 303, response.content
        order = Order.objects.latest("pk")
        self.sessions.append(str(order.attempts.get().session_id))
        return order

    def pay(self, order: Order, **purse: str) -> str:
        """Pays, and nobody tells the shop; returns the session's id."""
        session_id = str(order.attempts.get().session_id)
        self.bank.pay(session_id, **purse)
        return session_id

    def paid(self, quantity: int = 1) -> Order:
        """An order that was charged and of which the shop heard nothing."""
        order = self.order(quantity)
        self.pay(order)
        return order

    def lose(self, order: Order) -> None:
        """The order and all that is about it are gone, as after the restore of an older backup."""
        for rows in (order.mails, order.events, order.ledger, order.attempts, order.invoices):
            rows.all().delete()
        guarding.step_aside()
        order.delete()
        guarding.install()
        Reservation.objects.filter(reference=order.public_id).delete()


@pytest.fixture(scope="session")
def bank_process() -> Iterator[Handle]:
    with serve() as handle:
        yield handle


@pytest.fixture
def town(db: None, bank_process: Handle, settings: Any) -> Iterator[Town]:
    bank_process.reset()
    settings.FAKESTRIPE_URL = bank_process.base_url
    stripe._client.cache_clear()
    opening.forget()
    open_shop()
    yield Town(bank_process, stocked(on_hand=1000))
    stripe._client.cache_clear()
    opening.forget()


def states(order: Order) -> tuple[str, list[str]]:
    """How an order and its attempts stand."""
    order.refresh_from_db()
    return order.status, list(Attempt.objects.filter(order=order).values_list("state", flat=True))
