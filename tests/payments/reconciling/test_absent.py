"""What the shop believes in and Stripe does not know."""

from datetime import timedelta
from typing import Any

import pytest

from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders.models import Order
from bodega.payments.models import LedgerEntry
from bodega.payments.reconciling.run import Run
from bodega.payments.reconciling.running import Kind, reconcile
from bodega.payments.reconciling.seen import Seen
from tests.payments.reconciling.conftest import Town


def forge(order: Order, **values: Any) -> LedgerEntry:
    """A row about money that never moved."""
    usual = {
        "order": order,
        "payment_intent": "pi_never",
        "kind": "charge",
        "amount": order.total,
        "currency": "EUR",
        "at": utc_now(),
    }
    return LedgerEntry.objects.create(**usual | values)


def kinds(run: Run) -> list[tuple[str, str]]:
    return [(kind, reference) for kind, reference in run.found]


@pytest.fixture
def paid(town: Town) -> Order:
    order = town.paid()
    assert reconcile(Kind.MANUAL).found == {}
    return order


def test_a_forged_payment_is_found(town: Town, paid: Order) -> None:
    unpaid = town.order()
    forge(unpaid)
    run = reconcile(Kind.MANUAL)
    assert ("not_at_stripe", "pi_never") in kinds(run)


@pytest.mark.parametrize(
    ("kind", "reference", "amount"), [("refund", "re_never", -100), ("dispute", "du_never", -100)]
)
def test_a_forged_refund_or_dispute_is_found(
    town: Town, paid: Order, kind: str, reference: str, amount: int
) -> None:
    real = paid.ledger.get()
    forge(paid, kind=kind, reference=reference, amount=amount, payment_intent=real.payment_intent)
    assert ("not_at_stripe", reference) in kinds(reconcile(Kind.MANUAL))


def test_an_order_paid_without_money_is_found(town: Town, paid: Order) -> None:
    gift = town.order()
    Order.objects.filter(pk=gift.pk).update(status="paid", paid_at=utc_now())
    assert kinds(reconcile(Kind.MANUAL)) == [("not_at_stripe", f"order {gift.number}")]


def test_a_free_order_needs_no_money(town: Town, paid: Order) -> None:
    gift = town.order()
    Order.objects.filter(pk=gift.pk).update(status="paid", paid_at=utc_now(), total=0)
    assert kinds(reconcile(Kind.MANUAL)) == []


def test_what_was_charged_before_the_window_and_heard_of_in_it_is_asked_for(
    town: Town, paid: Order
) -> None:
    run = reconcile(Kind.MANUAL, since=utc_now() - timedelta(hours=1))
    seen = Seen(utc_now() - timedelta(hours=1))
    assert paid.ledger.get().pk not in seen  # no list has marked it yet …
    assert kinds(run) == []  # … and the comparison did


def test_the_demos_invented_past_is_left_alone_in_a_demo_only(town: Town, paid: Order) -> None:
    invented = town.order()
    invented.attempts.update(session_id="cs_demo_1", state="paid")
    Order.objects.filter(pk=invented.pk).update(status="paid", paid_at=utc_now())
    forge(invented, payment_intent="pi_demo_1")
    Merchant.objects.update(is_demo=True)
    assert kinds(reconcile(Kind.MANUAL)) == []
    Merchant.objects.update(is_demo=False)
    assert kinds(reconcile(Kind.MANUAL)) == [("not_at_stripe", "pi_demo_1")]


def test_money_of_the_other_mode_is_not_compared(town: Town, paid: Order) -> None:
    forge(town.order(), livemode=True)
    assert kinds(reconcile(Kind.MANUAL)) == []


def test_marks_are_kept_for_each_row_and_no_other(db: None, paid: Order) -> None:
    rows = [forge(paid, payment_intent=f"pi_{n}").pk for n in range(20)]
    seen = Seen(utc_now() - timedelta(hours=1))
    for pk in rows[::3]:
        seen.mark(pk)
    assert [pk for pk in rows if pk in seen] == rows[::3]
    assert seen.last + 1 in seen  # written after the comparison began
