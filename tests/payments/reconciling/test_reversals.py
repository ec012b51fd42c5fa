"""Refunds and disputes against the ledger; those of Stripe's dashboard are taken in."""

from typing import Any

import pytest

from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import refunding, stripe
from bodega.payments.models import Discrepancy, Dispute, LedgerEntry, Refund
from bodega.payments.reconciling import refunds
from bodega.payments.reconciling.run import Run
from bodega.payments.reconciling.running import Kind, reconcile, rehearse
from bodega.payments.reversals import BankRefund
from tests.payments.reconciling.conftest import Town


@pytest.fixture
def paid(town: Town) -> Order:
    order = town.paid(2)
    reconcile(Kind.SWEEP)
    return order


def give_back(order: Order, amount: int) -> BankRefund:
    """Somebody refunds in Stripe's dashboard."""
    intent = order.ledger.filter(kind="charge").get().payment_intent
    asked = {"payment_intent": intent, "amount": amount}
    return stripe.client().create_refund(asked, key=f"dashboard-{amount}")


def test_a_refund_made_in_the_dashboard_is_taken_in(town: Town, paid: Order) -> None:
    told = give_back(paid, 700)
    run = reconcile(Kind.MANUAL)
    assert run.found == {}
    assert Refund.objects.get(refund_id=told.id).amount == 700
    assert LedgerEntry.objects.get(reference=told.id).amount == -700
    paid.refresh_from_db()
    assert paid.refunded == 700


def test_a_dry_run_tells_of_it_and_takes_nothing_in(town: Town, paid: Order) -> None:
    told = give_back(paid, 700)
    (found,) = rehearse(since=None).found.values()
    assert (found.kind, found.reference, found.there) == ("not_in_shop", told.id, -700)
    assert not Refund.objects.exists()


def test_a_refund_that_was_sent_back_is_taken_in_too(town: Town, paid: Order) -> None:
    town.bank.fault("refund_fails", "*", ms=1000)
    told = give_back(paid, 700)
    reconcile(Kind.MANUAL)
    town.bank.advance(5)
    run = reconcile(Kind.MANUAL)
    assert run.found == {}
    rows = LedgerEntry.objects.filter(reference=told.id)
    assert sorted(rows.values_list("amount", flat=True)) == [-700, 700]


def test_a_refund_the_ledger_tells_otherwise_is_a_difference(town: Town, paid: Order) -> None:
    told = give_back(paid, 700)
    reconcile(Kind.MANUAL)
    LedgerEntry.objects.filter(reference=told.id).update(amount=-1)
    found = reconcile(Kind.MANUAL).found["amount_differs", told.id]
    assert (found.here, found.there) == (-1, -700)


def test_a_refund_beyond_what_was_booked_is_told_not_raised(
    town: Town, paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = give_back(paid, 700)

    def overdrawn(*_: Any, **__: Any) -> None:
        raise refunding.Overdrawn("re_1 exceeds what pi_1 captured")

    monkeypatch.setattr(refunding, "import_refund", overdrawn)
    found = reconcile(Kind.MANUAL).found["not_in_shop", told.id]
    assert "exceeds what pi_1 captured" in found.detail


def test_a_neighbours_refund_is_passed_over(town: Town, paid: Order) -> None:
    give_back(paid, 700)
    town.lose(paid)
    run = Run(since=utc_now())
    page = stripe.client().get(refunds.PATH, {"limit": 100})["data"]
    refunds.compare_page(run, page, reconcile_seen())
    assert run.found == {}


def reconcile_seen() -> Any:
    from bodega.payments.reconciling.seen import Seen

    return Seen(utc_now())


def test_a_dispute_nobody_told_of_is_taken_in(town: Town, paid: Order) -> None:
    town.bank.dispute(town.bank.ledger()[0]["charge"])
    run = reconcile(Kind.MANUAL)
    dispute = Dispute.objects.get()
    assert dispute.order == paid
    assert run.found == {}
    assert run.seen["disputes"] == 1
    taken = LedgerEntry.objects.get(kind="dispute")
    assert taken.amount == -paid.total


def test_a_dispute_the_ledger_tells_otherwise_is_a_difference(town: Town, paid: Order) -> None:
    town.bank.dispute(town.bank.ledger()[0]["charge"])
    reconcile(Kind.MANUAL)
    LedgerEntry.objects.filter(kind="dispute").update(amount=-5)
    dispute = Dispute.objects.get()
    found = reconcile(Kind.MANUAL).found["amount_differs", dispute.dispute_id]
    assert (found.here, found.there) == (-5, -paid.total)


def test_the_banks_books_are_compared_row_by_row(town: Town, paid: Order) -> None:
    give_back(paid, 700)
    assert reconcile(Kind.MANUAL).found == {}
    LedgerEntry.objects.filter(kind="charge").update(amount=paid.total + 1)
    found = reconcile(Kind.MANUAL).found
    assert any(reference.startswith("txn_") for _, reference in found)


def test_a_key_that_may_not_see_a_list_is_said_and_the_others_are_compared(
    town: Town, paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise stripe.StripeRefused("The key has no permission for disputes.")

    monkeypatch.setattr("bodega.payments.reconciling.disputes.compare", refuse)
    run = reconcile(Kind.MANUAL)
    assert run.refusals == ["The key has no permission for disputes."]
    assert run.seen["balance transactions"] == 1
    assert not Discrepancy.objects.exists()
