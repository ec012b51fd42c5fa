"""Charges against the ledger: what is missing is settled, what differs is told, neighbours are left."""

import pytest

from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import stripe
from bodega.payments.models import Discrepancy, LedgerEntry
from bodega.payments.reconciling import charges
from bodega.payments.reconciling.run import Run
from bodega.payments.reconciling.running import THOROUGH_SPAN, Kind, reconcile
from bodega.payments.reconciling.seen import Seen
from tests.payments.reconciling.conftest import Town, states


def compared(*, is_dry: bool = False) -> tuple[Run, Seen]:
    run = Run(since=utc_now() - THOROUGH_SPAN, is_dry=is_dry)
    seen = Seen(run.since)
    charges.compare(run, seen)
    return run, seen


def test_a_charge_of_a_lost_order_brings_it_back(town: Town) -> None:
    order = town.paid(3)
    town.lose(order)
    run, _ = compared()
    found = Order.objects.get(public_id=order.public_id)
    assert (found.status, found.is_recovered, found.number) == ("paid", True, order.number)
    assert (run.rebuilt, run.found) == (1, {})


def test_a_charge_that_nobody_told_of_is_settled(town: Town) -> None:
    order = town.paid()
    assert compared()[0].settled == 1
    assert states(order)[0] == "paid"


def test_a_row_of_the_ledger_that_was_lost_alone_is_written_again(town: Town) -> None:
    order = town.paid()
    compared()
    before = order.ledger.get()
    order.ledger.all().delete()
    run, _ = compared()
    after = order.ledger.get()
    assert (after.payment_intent, after.amount) == (before.payment_intent, order.total)
    assert (run.settled, run.found) == (0, {})


def test_agreement_costs_one_query_a_page(town: Town, django_assert_num_queries: object) -> None:
    for _ in range(3):
        town.paid()
    reconcile(Kind.SWEEP)
    run, seen = Run(since=utc_now() - THOROUGH_SPAN), Seen(utc_now() - THOROUGH_SPAN)
    assert callable(django_assert_num_queries)
    with django_assert_num_queries(1):
        charges.compare(run, seen)
    assert all(pk in seen for pk in LedgerEntry.objects.values_list("pk", flat=True))


def test_a_wrong_amount_in_the_ledger_is_told(town: Town) -> None:
    order = town.paid()
    reconcile(Kind.SWEEP)
    order.ledger.update(amount=1)
    run, _ = compared()
    (found,) = run.found.values()
    assert (found.kind, found.here, found.there) == ("amount_differs", 1, order.total)
    assert found.order_id == order.pk


def test_a_charge_whose_session_cannot_be_rebuilt_is_in_the_first_list(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, other = town.paid(), town.paid()
    town.lose(lost)

    def damaged(*_: object, **__: object) -> None:
        raise KeyError("placed_at")

    monkeypatch.setattr("bodega.payments.settling.rebuild", damaged)
    run, _ = compared()
    assert states(other)[0] == "paid"  # one that is damaged does not stop the others
    row = Discrepancy.objects.get()
    assert (row.kind, row.there, row.resolved_at) == ("not_in_shop", lost.total, None)
    assert len(run.found) == 1


def test_neighbours_failures_and_the_untaken_are_no_money_of_ours(town: Town) -> None:
    order = town.order()
    town.pay(order, card="4000000000000002")
    other = {"amount": 500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    stripe.client()._sdk.v1.payment_intents.create(
        {**other, "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}  # type: ignore[typeddict-item]
    )
    run, _ = compared()
    assert run.seen["charges"] == 2
    assert (run.found, run.settled) == ({}, 0)


def test_a_dry_comparison_only_tells(town: Town) -> None:
    order = town.paid()
    town.lose(order)
    run, _ = compared(is_dry=True)
    (found,) = run.found.values()
    assert order.number in found.detail
    assert not Order.objects.exists()
    assert not Discrepancy.objects.exists()
