"""A difference is a row, once; what a person explained stays so; what comes back is open again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bodega.orders.models import Order
from bodega.payments.models import Attempt, Discrepancy, LedgerEntry
from bodega.payments.reconciling import differences
from bodega.payments.reconciling.differences import Difference
from bodega.payments.reconciling.looking import AGREES, explain, look_again
from bodega.payments.reconciling.running import Kind, reconcile
from tests.payments.reconciling.conftest import Town, states

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FOUND = Difference("amount_differs", "pi_1", "EUR", "They differ.", NOW, here=100, there=90)

pytestmark = pytest.mark.django_db


def row() -> Discrepancy:
    return Discrepancy.objects.get()


def test_the_same_one_twice_is_one_row(caplog: pytest.LogCaptureFixture) -> None:
    for hours in range(3):
        assert differences.record(FOUND, now=NOW + timedelta(hours=hours))
    assert row().found_at == NOW
    assert caplog.text.count("They differ.") == 1  # somebody is told once, not every night


def test_what_was_explained_stays_explained_until_the_amounts_change() -> None:
    differences.record(FOUND, now=NOW)
    assert explain(row(), "Cash", actor="ada", now=NOW)
    assert not differences.record(FOUND, now=NOW)
    assert row().resolution == "Cash"
    assert differences.record(replace(FOUND, there=80), now=NOW)
    assert (row().resolved_at, row().there, row().actor) == (None, 80, "")


def test_what_was_put_right_and_comes_back_is_open_again() -> None:
    differences.record(FOUND, now=NOW)
    assert differences.resolve(row(), AGREES, now=NOW)
    assert differences.record(FOUND, now=NOW)
    assert row().resolved_at is None


def test_it_is_closed_by_one() -> None:
    differences.record(FOUND, now=NOW)
    assert explain(row(), "Cash", actor="ada", now=NOW)
    assert not explain(row(), "Gold", actor="bob", now=NOW)
    assert (row().resolution, row().actor) == ("Cash", "ada")


def test_a_long_story_is_cut() -> None:
    differences.record(replace(FOUND, detail="x" * 900), now=NOW)
    assert len(row().detail) == 400


def test_looking_again_settles_a_lost_order_and_closes_the_row(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = town.paid()
    town.lose(order)

    def damaged(*_: object, **__: object) -> None:
        raise ValueError("not yet")

    with monkeypatch.context() as bug:
        bug.setattr("bodega.payments.settling.rebuild", damaged)
        reconcile(Kind.SWEEP)
        assert not look_again(row())
    assert look_again(row(), actor="ada")
    assert (row().resolution, row().actor) == (AGREES, "ada")
    assert Order.objects.get().is_recovered
    assert look_again(row())  # closed is closed


def test_what_a_later_run_does_not_find_any_more_is_closed_by_itself(town: Town) -> None:
    order = town.paid()
    reconcile(Kind.SWEEP)
    order.ledger.update(amount=1)
    reconcile(Kind.MANUAL)
    assert set(Discrepancy.objects.values_list("resolved_at", flat=True)) == {None}
    order.ledger.update(amount=order.total)
    reconcile(Kind.SWEEP)
    assert not Discrepancy.objects.filter(resolved_at=None).exists()


@pytest.mark.parametrize(
    "name", ["pi_never", "re_never", "du_never", "txn_never", "cs_test_never", "order B-9"]
)
def test_what_neither_knows_any_more_is_closed(town: Town, name: str) -> None:
    differences.record(replace(FOUND, reference=name), now=NOW)
    assert look_again(row())


@pytest.mark.parametrize(
    ("name", "kind"), [("pi_never", "charge"), ("re_never", "refund"), ("du_never", "dispute")]
)
def test_what_only_the_shop_knows_stays_open(town: Town, name: str, kind: str) -> None:
    order = town.order()
    is_charge = kind == "charge"
    LedgerEntry.objects.create(
        order=order,
        payment_intent=name if is_charge else "pi_1",
        reference="" if is_charge else name,
        kind=kind,
        amount=order.total,
        currency="EUR",
        at=NOW,
    )
    differences.record(replace(FOUND, kind="not_at_stripe", reference=name), now=NOW)
    assert not look_again(row())
    assert row().resolved_at is None


def test_money_of_another_amount_than_the_orders_is_told_at_once(town: Town) -> None:
    order = town.order()
    Order.objects.filter(pk=order.pk).update(total=order.total + 100)
    town.pay(order)
    run = reconcile(Kind.SWEEP)
    assert states(order) == ("awaiting_payment", [Attempt.State.DIFFERS])
    (found,) = run.found.values()
    assert (found.kind, found.here, found.there) == (
        "amount_differs",
        order.total,
        order.total - 100,
    )
    assert "with another amount" in found.detail


def test_an_order_paid_twice_is_told_until_one_is_given_back(town: Town) -> None:
    order = town.paid()
    reconcile(Kind.SWEEP)
    again = {"payment_intent": "pi_again", "charge": "ch_again", "amount": order.total}
    usual = {"order": order, "kind": "charge", "currency": "EUR", "at": order.placed_at}
    LedgerEntry.objects.create(**usual | again)
    found = reconcile(Kind.MANUAL).found["amount_differs", "pi_again"]
    assert "was paid 2 times" in found.detail
    back = {"kind": "refund", "reference": "re_1", "amount": -order.total}
    LedgerEntry.objects.create(**usual | again | back)
    assert ("amount_differs", "pi_again") not in reconcile(Kind.MANUAL).found


def test_an_ordinary_partial_refund_is_no_difference(town: Town) -> None:
    order = town.paid()
    reconcile(Kind.SWEEP)
    entry = order.ledger.get()
    LedgerEntry.objects.create(
        order=order,
        payment_intent=entry.payment_intent,
        kind="refund",
        reference="re_1",
        amount=-100,
        currency="EUR",
        at=entry.at,
    )
    from bodega.payments.reconciling import amounts

    assert not amounts.odd(Order.objects.all()).exists()
