"""Parcels: never more than was ordered, whoever packs at the same time."""

from typing import Any

import pytest
from django.db import transaction

from bodega.lib.clock import utc_now
from bodega.orders import dispatching
from bodega.orders.dispatching import CannotShip, Label, ShippedMeanwhile
from bodega.orders.models import Mail, Order, Shipment
from bodega.payments.models import Refund, RefundLine
from tests.till import drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
NOW = utc_now()


def ship(order: Order, count: int, label: Label | None = None, **options: Any) -> Shipment:
    line = order.lines.get()
    return dispatching.ship(
        order, {line.pk: count}, label, actor="clerk@example.com", at=utc_now(), **options
    )


def refund(order: Order, count: int, **changes: Any) -> None:
    """`count` prints were given back."""
    made = Refund.objects.create(
        order=order,
        attempt=order.attempts.get(),
        idempotency_key=f"refund-{Refund.objects.count()}",
        amount=2500 * count,
        currency="EUR",
        actor="clerk",
        created_at=NOW,
        **changes,
    )
    RefundLine.objects.create(refund=made, line=order.lines.get(), quantity=count, amount=2500)


def test_an_order_is_fulfilled_when_all_of_it_has_left(paid: Order) -> None:
    ship(paid, 1)
    assert (paid.status, Shipment.objects.get().n) == (Order.Status.PAID, 1)
    assert dispatching.remaining(paid) == {paid.lines.get().pk: 1}
    ship(paid, 1)
    paid.refresh_from_db()
    assert paid.status == Order.Status.FULFILLED
    assert dispatching.remaining(paid) == {}
    assert list(paid.events.values_list("kind", flat=True))[-3:] == [
        "shipped",
        "shipped",
        "fulfilled",
    ]


def test_the_customer_reads_carrier_and_number_and_gets_a_mail_for_each_parcel(paid: Order) -> None:
    parcel = ship(paid, 1, Label("DHL", "00340 434"))
    ship(paid, 1)
    assert parcel.tracking_url.endswith("tracking-id=00340434")
    assert paid.events.get(message="Shipped with DHL, tracking number 00340 434").is_public
    drain()
    mails = Mail.objects.filter(kind="shipped").values_list("about", "state")
    assert sorted(mails) == [("1", "sent"), ("2", "sent")]


def test_a_tracking_link_of_the_clerk_s_own_wins_and_must_be_https(paid: Order) -> None:
    assert ship(paid, 1, Label("DHL", "1", "https://my.dhl/1")).tracking_url == "https://my.dhl/1"
    with pytest.raises(CannotShip, match="https"):
        ship(paid, 1, Label("DHL", "1", "http://my.dhl/1"))
    assert Shipment.objects.count() == 1


@pytest.mark.parametrize(
    ("count", "why"), [(3, "too many: 2 remain"), (0, "Nothing"), (-1, "too many")]
)
def test_no_more_than_was_ordered_and_not_nothing(paid: Order, count: int, why: str) -> None:
    with pytest.raises(CannotShip, match=why):
        ship(paid, count)
    assert not Shipment.objects.exists()


def test_a_line_of_another_order_is_refused(paid: Order) -> None:
    with pytest.raises(CannotShip, match="another order"):
        dispatching.ship(paid, {10**9: 1}, actor="clerk", at=NOW)


def test_only_a_paid_order_is_shipped(order: Order) -> None:
    with pytest.raises(CannotShip, match="awaiting payment"):
        ship(order, 1)


def test_what_was_refunded_need_not_be_sent(paid: Order) -> None:
    refund(paid, 1)
    with pytest.raises(CannotShip, match="1 remain"):
        ship(paid, 2)
    ship(paid, 1)
    assert paid.status == Order.Status.FULFILLED


def test_a_refund_that_failed_is_no_refund_unless_it_was_credited(paid: Order) -> None:
    refund(paid, 1, state=Refund.State.FAILED)
    assert dispatching.remaining(paid) == {paid.lines.get().pk: 2}
    refund(paid, 1, state=Refund.State.FAILED, credited=2500)
    assert dispatching.remaining(paid) == {paid.lines.get().pk: 1}


def test_an_order_refunded_as_a_whole_has_nothing_left(paid: Order) -> None:
    Order.objects.update(refunded=paid.total)
    with pytest.raises(CannotShip, match="0 remain"):
        ship(paid, 1)


def test_a_refund_of_the_rest_fulfils_the_order(paid: Order) -> None:
    ship(paid, 1)
    with transaction.atomic():
        assert not dispatching.complete(paid, actor="clerk", at=NOW)
        refund(paid, 1)
        assert dispatching.complete(paid, actor="clerk", at=NOW)
        assert not dispatching.complete(paid, actor="clerk", at=NOW)
    assert paid.events.filter(kind="fulfilled").count() == 1


def test_a_second_click_ships_nothing(paid: Order) -> None:
    ship(paid, 1, n=1)
    with pytest.raises(ShippedMeanwhile, match="already"):
        ship(paid, 1, n=1)
    assert Shipment.objects.count() == 1


def test_without_the_parcel_s_number_a_second_click_ships_again(paid: Order) -> None:
    """The control."""
    ship(paid, 1)
    ship(paid, 1)
    assert Shipment.objects.count() == 2


def test_what_is_collected_is_ready_then_collected(paid: Order) -> None:
    Order.objects.update(is_pickup=True)
    paid.refresh_from_db()
    parcel = dispatching.ship_rest(paid, actor="clerk", at=NOW)
    assert dispatching.mark_delivered(parcel, actor="clerk", at=NOW)
    public = paid.events.filter(is_public=True).values_list("message", flat=True)
    assert list(public)[-2:] == ["Ready to collect", "Collected"]
    drain()
    assert Mail.objects.filter(kind="ready", state="sent").exists()


def test_a_parcel_arrives_once(paid: Order) -> None:
    parcel = dispatching.ship_rest(paid, actor="clerk", at=NOW)
    assert dispatching.mark_delivered(parcel, actor="clerk", at=NOW)
    assert not dispatching.mark_delivered(parcel, actor="clerk", at=NOW)
    assert paid.events.filter(kind="delivered").count() == 1
