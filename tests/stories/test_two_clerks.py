"""Two clerks at the same order, at the same moment: each with a connection of its own."""

import threading

import pytest
from django.db.models import Sum

from bodega.catalog.models import Stock
from bodega.lib.clock import utc_now
from bodega.orders import cancelling, dispatching, withdrawing
from bodega.orders.cancelling import CannotCancel
from bodega.orders.dispatching import CannotShip
from bodega.orders.models import Order, OrderEvent, Shipment, ShipmentLine, Withdrawal
from bodega.orders.statements import Statement
from tests.stories.test_at_once import at_once
from tests.till import MemoryBank

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def units() -> int:
    return ShipmentLine.objects.aggregate(n=Sum("quantity"))["n"] or 0


def test_they_never_ship_more_than_was_ordered(paid: Order) -> None:
    line = paid.lines.get().pk

    def pack() -> str:
        try:
            dispatching.ship(Order.objects.get(), {line: 1}, actor="clerk", at=utc_now())
        except CannotShip:
            return "refused"
        return "shipped"

    assert sorted(at_once([pack] * 5)) == ["refused"] * 3 + ["shipped"] * 2
    assert units() == 2
    assert sorted(Shipment.objects.values_list("n", flat=True)) == [1, 2]
    assert Order.objects.get().status == Order.Status.FULFILLED
    assert OrderEvent.objects.filter(kind="fulfilled").count() == 1


def test_looking_first_and_packing_afterwards_ships_too_much(paid: Order) -> None:
    """The control: the same two clerks without the order's row between them."""
    line, looked = paid.lines.get().pk, threading.Barrier(2)
    numbers = iter([1, 2])

    def naive() -> None:
        left = dispatching.remaining(paid)[line]
        looked.wait()
        parcel = Shipment.objects.create(
            order=paid, n=next(numbers), actor="naive", shipped_at=utc_now()
        )
        ShipmentLine.objects.create(shipment=parcel, line_id=line, quantity=left)

    at_once([naive] * 2)
    assert units() == 4


def test_what_one_ships_the_other_does_not_cancel(paid: Order) -> None:
    line = paid.lines.get().pk

    def pack() -> str:
        try:
            dispatching.ship(Order.objects.get(), {line: 2}, actor="packer", at=utc_now())
        except CannotShip:
            return "not shipped"
        return "shipped"

    def call_off() -> str:
        try:
            cancelling.cancel(Order.objects.get(), "Damaged.", actor="boss", at=utc_now())
        except CannotCancel:
            return "not cancelled"
        return "cancelled"

    outcome = set(at_once([pack, call_off]))
    assert outcome in ({"shipped", "not cancelled"}, {"not shipped", "cancelled"})
    back_on_the_shelf = "cancelled" in outcome
    assert Stock.objects.get().on_hand == (10 if back_on_the_shelf else 8)


def test_a_confirmation_clicked_many_times_is_one_withdrawal(paid: Order) -> None:
    stated = Statement(paid.number, "Ada", paid.email)
    found = at_once([lambda: withdrawing.file(stated, at=utc_now())] * 5)
    assert len({row.pk for row in found}) == 1
    assert Withdrawal.objects.count() == 1
    assert OrderEvent.objects.filter(kind="withdrawn").count() == 1


def test_a_cancellation_clicked_many_times_gives_the_stock_back_once(
    paid: Order, bank: MemoryBank
) -> None:
    def call_off() -> bool:
        return cancelling.cancel(Order.objects.get(), "Damaged.", actor="boss", at=utc_now())

    assert sorted(at_once([call_off] * 4)) == [False, False, False, True]
    assert Stock.objects.get().on_hand == 10
