"""Called off: once, with the stock back on the shelf, and never what has left already."""

import pytest
from django.core import mail as box
from django.db import transaction

from bodega.catalog import stock
from bodega.catalog.models import Movement, Stock
from bodega.discounts.models import Discount, Redemption
from bodega.lib.clock import utc_now
from bodega.orders import cancelling, dispatching, expiring, paying
from bodega.orders.cancelling import CannotCancel
from bodega.orders.models import Cancellation, Order
from tests.till import drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
REASON = "The print was damaged in our stock."


def cancel(order: Order) -> bool:
    return cancelling.cancel(order, REASON, actor="clerk", at=utc_now())


def test_a_paid_order_is_called_off_once_and_its_stock_is_back(paid: Order) -> None:
    assert Stock.objects.get().on_hand == 8
    assert cancel(paid)
    assert not cancel(paid)
    paid.refresh_from_db()
    assert paid.status == Order.Status.CANCELLED
    assert paid.is_paid, "its money stays visible"
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved) == (10, 0)
    assert Movement.objects.get(reason="returned").note == "order cancelled"
    assert Cancellation.objects.get().reason == REASON
    assert paid.events.filter(kind="cancelled", is_public=True).count() == 1


def test_the_customer_reads_why_and_what_happens_to_her_money(paid: Order) -> None:
    cancel(paid)
    drain()
    message = next(m for m in box.outbox if "cancelled" in m.subject)
    assert REASON in message.body
    assert "is given back to you" in message.body


def test_an_order_that_was_never_paid_is_told_that_nothing_was_charged(order: Order) -> None:
    with transaction.atomic():
        expiring.mark_expired(order, "Called off", at=utc_now())
    assert cancel(order)
    drain()
    assert "Nothing was charged." in box.outbox[-1].body
    assert Stock.objects.get().reserved == 0


def test_one_that_still_waits_for_money_is_left_to_the_payment_room(order: Order) -> None:
    with pytest.raises(CannotCancel, match="session at Stripe is ended first"):
        cancel(order)
    assert not Cancellation.objects.exists()


@pytest.mark.parametrize("count", [1, 2])
def test_what_has_left_cannot_be_called_off(paid: Order, count: int) -> None:
    dispatching.ship(paid, {paid.lines.get().pk: count}, actor="clerk", at=utc_now())
    with pytest.raises(CannotCancel, match="refund"):
        cancel(paid)
    paid.refresh_from_db()
    assert paid.status != Order.Status.CANCELLED
    assert Stock.objects.get().on_hand == 8


def test_what_a_refund_put_back_on_the_shelf_is_not_put_back_again(paid: Order) -> None:
    variant_id = paid.lines.get().variant_id
    assert variant_id
    stock.adjust(variant_id, 1, "returned", actor="clerk", reference=paid.public_id)
    cancel(paid)
    assert Stock.objects.get().on_hand == 10


def test_without_asking_the_ledger_the_shelf_would_get_it_twice(paid: Order) -> None:
    """The control: what was ordered goes back, whatever came back before."""
    line = paid.lines.get()
    assert line.variant_id
    stock.adjust(line.variant_id, 1, "returned", actor="clerk", reference=paid.public_id)
    stock.adjust(line.variant_id, line.quantity, "returned", actor="naive")
    assert Stock.objects.get().on_hand == 11, "one more than there ever were"


def test_an_oversold_order_gives_back_only_what_it_took(order: Order) -> None:
    with transaction.atomic():
        expiring.mark_expired(order, "Not paid in time", at=utc_now())
    Stock.objects.update(on_hand=1)
    with transaction.atomic():
        paying.mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
    assert Stock.objects.get().on_hand == 0
    cancel(order)
    assert Stock.objects.get().on_hand == 1


def test_the_discount_code_may_be_used_again(paid: Order) -> None:
    discount = Discount.objects.create(code="TEN", percent=10, used=1)
    Redemption.objects.create(
        discount=discount, reference=paid.public_id, email=paid.email, at=utc_now()
    )
    cancel(paid)
    discount.refresh_from_db()
    assert (discount.used, Redemption.objects.count()) == (0, 0)


def test_paid_after_all_and_called_off_again_is_told_twice(order: Order) -> None:
    """Money that arrives late is never dropped: the order is paid, and the merchant decides again."""
    with transaction.atomic():
        expiring.mark_expired(order, "Called off", at=utc_now())
    cancel(order)
    with transaction.atomic():
        assert paying.mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
    assert cancel(order)
    assert list(order.mails.values_list("about")) == []
    drain()
    assert set(order.mails.filter(kind="cancelled").values_list("about", flat=True)) == {"", "2"}


def test_a_cancelled_order_that_is_paid_a_second_time_stays_cancelled(paid: Order) -> None:
    cancel(paid)
    with transaction.atomic():
        assert not paying.mark_paid(paid, at=utc_now(), actor="stripe", livemode=False)
    paid.refresh_from_db()
    assert paid.status == Order.Status.CANCELLED
