"""When the right to withdraw ends, and what the merchant decides."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail as box

from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import dispatching, withdrawing
from bodega.orders.models import Mail, Order, Withdrawal
from bodega.orders.statements import Statement
from bodega.orders.withdrawing import NeedsReason
from tests.till import drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
THURSDAY = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)


def filed(order: Order, *, at: datetime | None = None) -> Withdrawal:
    row = withdrawing.file(Statement(order.number, "Ada", order.email), at=at or utc_now())
    assert row
    return row


def arrive(order: Order, at: datetime) -> None:
    """Every print in a parcel of its own; the second arrives at `at`, the first two days before."""
    line = order.lines.get().pk
    for early in (2, 0):
        parcel = dispatching.ship(order, {line: 1}, actor="clerk", at=at)
        dispatching.mark_delivered(parcel, actor="clerk", at=at - timedelta(days=early))


def test_the_period_begins_when_the_last_parcel_arrives(paid: Order) -> None:
    assert withdrawing.deadline(paid, 14) is None
    arrive(paid, THURSDAY)
    assert withdrawing.deadline(paid, 14) == date(2026, 11, 19)


def test_a_parcel_on_its_way_keeps_it_from_beginning(paid: Order) -> None:
    line = paid.lines.get().pk
    parcels = [dispatching.ship(paid, {line: 1}, actor="c", at=THURSDAY) for _ in range(2)]
    dispatching.mark_delivered(parcels[0], actor="c", at=THURSDAY)
    assert withdrawing.deadline(paid, 14) is None


@pytest.mark.parametrize(("day", "last"), [(7, 23), (8, 23), (9, 23), (10, 24)])
def test_a_period_that_would_end_on_a_weekend_ends_on_monday(
    paid: Order, day: int, last: int
) -> None:
    arrive(paid, datetime(2026, 11, day, 12, 0, tzinfo=UTC))
    assert withdrawing.deadline(paid, 14) == date(2026, 11, last)


@pytest.mark.parametrize(("day", "late"), [(19, False), (20, True)])
def test_who_is_late_is_flagged_and_not_refused(paid: Order, day: int, late: bool) -> None:
    arrive(paid, THURSDAY)
    row = filed(paid, at=datetime(2026, 11, day, 23, 59, tzinfo=UTC))
    assert withdrawing.is_late(row, 14) is late


def test_nobody_is_late_before_anything_arrived(paid: Order) -> None:
    assert not withdrawing.is_late(filed(paid, at=utc_now() + timedelta(days=300)), 14)


def test_it_is_decided_once_and_the_customer_hears_of_it(paid: Order) -> None:
    row = filed(paid)
    assert withdrawing.decide(row, accepted=True, actor="clerk", at=utc_now())
    assert not withdrawing.decide(row, accepted=False, reason="No", actor="other", at=utc_now())
    row.refresh_from_db()
    assert (row.state, row.actor) == (Withdrawal.State.ACCEPTED, "clerk")
    assert paid.events.filter(kind="withdrawal_accepted", is_public=True).count() == 1
    drain()
    kinds = set(Mail.objects.values_list("kind", "state"))
    assert {("withdrawal", "sent"), ("withdrawal_accepted", "sent")} <= kinds


def test_a_refusal_says_why(paid: Order) -> None:
    row = filed(paid)
    with pytest.raises(NeedsReason):
        withdrawing.decide(row, accepted=False, reason="  ", actor="clerk", at=utc_now())
    withdrawing.decide(row, accepted=False, reason="Made to measure.", actor="c", at=utc_now())
    drain()
    assert "Made to measure." in box.outbox[-1].body


def test_what_was_refused_can_be_withdrawn_from_again_and_nothing_else_twice(paid: Order) -> None:
    first = filed(paid)
    assert filed(paid) == first, "nothing is left to withdraw from"
    assert withdrawing.withdrawable(paid) == {}
    withdrawing.decide(first, accepted=False, reason="No", actor="clerk", at=utc_now())
    assert filed(paid) != first


def test_the_merchant_is_told_where_she_wants_to_be(paid: Order) -> None:
    Merchant.objects.update(orders_email="desk@prints.example")
    filed(paid)
    drain()
    told = [message for message in box.outbox if message.to == ["desk@prints.example"]]
    assert "Withdrawal from order" in told[0].subject
    assert f"/backoffice/orders/order/{paid.pk}/change/" in told[0].body
    assert told[0].reply_to == [paid.email]


def test_a_merchant_without_an_address_for_orders_is_not_told(paid: Order) -> None:
    """The control."""
    filed(paid)
    drain()
    assert not Mail.objects.filter(kind="withdrawal_filed").exists()
