"""Disputes: seen, followed, closed; each change told once."""

import pytest

from bodega.lib.clock import utc_now
from bodega.orders.models import Order, OrderEvent
from bodega.payments import disputes
from bodega.payments.models import Attempt, Dispute, LedgerEntry
from tests.till import MemoryBank, drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
INTENT = "pi_cs_test_1"


def take_in(bank: MemoryBank, **values: object) -> Dispute:
    return disputes.import_dispute(bank.complain(INTENT, **values), now=utc_now())


def moved() -> list[tuple[str, int, str]]:
    rows = LedgerEntry.objects.exclude(kind="charge")
    return list(rows.values_list("kind", "amount", "reference"))


def kinds(order: Order) -> list[str]:
    return list(order.events.values_list("kind", flat=True))[2:]


def test_a_dispute_joins_its_order_and_its_money_is_in_the_ledger(
    paid: Order, bank: MemoryBank
) -> None:
    drain()
    for _ in range(3):
        made = take_in(bank)
    assert (made.order, made.amount, made.reason) == (paid, 5490, "product_not_received")
    assert made.due_by is not None
    assert moved() == [("dispute", -5490, "du_1")]
    told = OrderEvent.objects.get(kind="disputed")
    assert "€54.90 (product not received): answer by 30 Sep 2026" in told.message
    assert not told.is_public
    tasks = [attempt.job.task for attempt in drain()]
    assert tasks.count("bodega.orders.mails.send") == 1


def test_an_inquiry_moves_no_money(paid: Order, bank: MemoryBank) -> None:
    take_in(bank, status="warning_needs_response", balance_transactions=[])
    assert moved() == []
    assert kinds(paid) == ["disputed"]


def test_a_dispute_that_is_won_gives_the_money_back(paid: Order, bank: MemoryBank) -> None:
    take_in(bank)
    take_in(bank, status="under_review")
    rows = [{"amount": -5490}, {"amount": 5490}]
    for _ in range(2):
        made = take_in(bank, status="won", balance_transactions=rows)
    assert made.closed_at is not None
    assert moved() == [("dispute", -5490, "du_1"), ("dispute_won", 5490, "du_1")]
    assert kinds(paid) == ["disputed", "dispute_changed", "dispute_closed"]
    assert "won: the money is the shop's again" in paid.events.get(kind="dispute_closed").message


def test_money_that_is_taken_a_second_time_is_a_second_row(paid: Order, bank: MemoryBank) -> None:
    rows = [{"amount": -5490}, {"amount": 5490}, {"amount": -5490}]
    take_in(bank, status="lost", balance_transactions=rows)
    assert sum(amount for _, amount, _ in moved()) == -5490
    assert {reference for _, _, reference in moved()} == {"du_1", "du_1/2"}


def test_a_dispute_heard_of_only_when_it_is_over_is_closed_at_once(
    paid: Order, bank: MemoryBank
) -> None:
    made = take_in(bank, status="lost")
    assert made.closed_at is not None
    assert kinds(paid) == ["disputed", "dispute_closed"]


def test_a_new_deadline_is_kept_without_a_word(paid: Order, bank: MemoryBank) -> None:
    take_in(bank)
    made = take_in(bank, evidence_details={"due_by": 1_791_000_000})
    assert made.due_by is not None
    assert made.due_by.timestamp() == 1_791_000_000
    assert kinds(paid) == ["disputed"]


def test_a_dispute_of_an_unknown_payment_waits_for_its_order(
    paid: Order, bank: MemoryBank, caplog: pytest.LogCaptureFixture
) -> None:
    told = bank.complain(INTENT)
    Attempt.objects.update(payment_intent="")
    sessions, bank.sessions = bank.sessions, {}
    made = disputes.import_dispute(told, now=utc_now())
    assert made.order is None
    assert moved() == []
    assert "does not know" in caplog.text
    bank.sessions = sessions
    Attempt.objects.update(payment_intent=INTENT)
    made = disputes.import_dispute(told, now=utc_now())
    assert made.order == paid
    assert moved() == [("dispute", -5490, "du_1")]


def test_open_disputes_come_by_their_deadline(paid: Order, bank: MemoryBank) -> None:
    take_in(bank, id="du_late")
    bank.disputed.clear()
    take_in(bank, id="du_soon", evidence_details={"due_by": 1_790_100_000})
    bank.disputed.clear()
    take_in(bank, id="du_done", status="won")
    bank.disputed.clear()
    take_in(bank, id="du_never", evidence_details={})
    names = [each.dispute_id for each in disputes.open_disputes()]
    assert names == ["du_soon", "du_late", "du_never"]
