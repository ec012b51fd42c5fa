"""Numbers without gaps, whatever is rolled back and however many pay at once."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, Max

from bodega.databases.durability import durable
from bodega.lib.clock import utc_now
from bodega.orders import invoicing, numbering
from bodega.orders.models import Invoice, Order, Series
from bodega.outbox.messages import NoTransaction
from tests.orders.papers.samples import STANDARD, add_up, invoices, order_of, saved
from tests.stories.test_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

GOODS = [(2500, 1, STANDARD)]
THREADS = 8


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, settings: Any) -> Path:
    settings.JOURNAL_DIR = tmp_path / "journal"
    return tmp_path / "journal"


def orders(count: int) -> list[Order]:
    sums = add_up(GOODS)
    return [
        saved(
            order_of(sums, number=f"B-{n}", checkout_key=f"{n}", placed_at=utc_now()), GOODS, sums
        )
        for n in range(count)
    ]


def issue(order: Order) -> Invoice:
    with transaction.atomic():
        return invoicing.issue_invoice(order, at=utc_now())


class PowerCut(Exception):
    """Something after the number, in the same transaction, goes wrong."""


def issue_and_fail(order: Order) -> None:
    with transaction.atomic():
        invoicing.issue_invoice(order, at=utc_now())
        raise PowerCut


def test_the_first_number_is_one_and_the_next_is_the_next() -> None:
    assert [issue(order).number for order in orders(2)] == ["INV-00001", "INV-00002"]
    assert Series.objects.get().last == 2


def test_what_is_rolled_back_gives_its_number_back() -> None:
    first, second = orders(2)
    with pytest.raises(PowerCut):
        issue_and_fail(first)
    assert issue(second).sequence == 1
    assert issue(first).sequence == 2


def test_without_the_transaction_a_rollback_leaves_a_gap() -> None:
    """The control: a database's sequence, which does not roll back."""
    Series.objects.create(kind="invoice")
    first, second = orders(2)

    def take() -> int:
        Series.objects.filter(kind="invoice").update(last=F("last") + 1)
        return Series.objects.get(kind="invoice").last

    numbers = []
    for order in (first, second):
        number = take()  # committed by itself
        if order is first:
            continue  # the transaction that wanted it is rolled back
        numbers.append(number)
    assert numbers == [2], "1 is missing"


def test_many_payments_at_once_and_rollbacks_among_them_leave_no_gap() -> None:
    waiting = orders(THREADS * 3)

    def pay(thread: int) -> None:
        for n, order in enumerate(waiting[thread::THREADS]):
            try:
                with transaction.atomic():
                    invoicing.issue_invoice(order, at=utc_now())
                    if (thread + n) % 3 == 0:
                        raise PowerCut
            except PowerCut:
                continue

    at_once([lambda thread=thread: pay(thread) for thread in range(THREADS)])
    taken = invoices()
    assert 0 < len(taken) < len(waiting)
    assert taken == list(range(1, len(taken) + 1))
    assert Series.objects.get().last == len(taken)


def test_looking_for_the_highest_number_first_gives_the_same_twice() -> None:
    """The control: MAX + 1, looked at before the transaction that writes."""
    looked = threading.Barrier(THREADS)
    taken: list[int] = []

    def naive() -> None:
        highest = Invoice.objects.aggregate(n=Max("sequence"))["n"] or 0
        looked.wait()
        taken.append(highest + 1)

    at_once([naive] * THREADS)
    assert len(set(taken)) < len(taken)


def test_invoices_and_credit_notes_are_counted_apart() -> None:
    [order] = orders(1)
    issue(order)
    with transaction.atomic():
        note = invoicing.issue_credit_note(order, about="r1", total=100, at=utc_now())
    assert note
    assert (note.sequence, note.number) == (1, "CN-00001")


def test_a_number_belongs_into_its_documents_transaction() -> None:
    with pytest.raises(NoTransaction):
        numbering.take("invoice", "INV-")


# After a restore.


def restore_a_backup_from_before(order: Order) -> None:
    """The rows are as they were before the order's invoice; the journal is not."""
    durable()
    Invoice.objects.filter(order=order).delete()
    Series.objects.update(last=0)


@pytest.mark.parametrize("is_rebuilt", [True, False])
def test_an_order_that_comes_back_has_its_old_number(is_rebuilt: bool) -> None:
    """Rebuilt; or it waited in the backup, paid a moment later, and pays again after the restore."""
    first, second = orders(2)
    numbers = [issue(first).number, issue(second).number]
    for order in (first, second):
        restore_a_backup_from_before(order)
        order.is_recovered = is_rebuilt
    again = [issue(second).number, issue(first).number]
    assert again == numbers[::-1]
    assert Series.objects.get().last == 2


def test_without_the_journal_the_same_order_has_another_number(journal: Path) -> None:
    """The control: two customers with the same number in their hands."""
    first, second = orders(2)
    issue(first)
    was = issue(second).number
    for order in (first, second):
        restore_a_backup_from_before(order)
        order.is_recovered = True
    for file in journal.iterdir():
        file.unlink()
    numbering.journaling._documents._known.clear()
    assert issue(second).number != was


def test_a_number_that_somebody_else_has_by_now_is_left_to_her() -> None:
    first, second = orders(2)
    issue(first)
    restore_a_backup_from_before(first)
    assert issue(second).sequence == 1
    first.is_recovered = True
    assert issue(first).sequence == 2


def test_a_young_order_is_looked_for_at_the_end_of_the_journal_alone(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = orders(2)
    was = [issue(first).number, issue(second).number]
    restore_a_backup_from_before(first)
    restore_a_backup_from_before(second)
    monkeypatch.setattr(numbering.journaling, "LATELY", 600)  # the last line
    assert issue(second).number == was[1]
    assert issue(first).number == "INV-00003", "too far back: a new number"
    [file] = journal.glob("*.jsonl")
    file.rename(journal / "orders-000000000000.jsonl")
    (journal / "orders-000000000009.jsonl").touch()  # the next file has just been begun
    assert numbering.journaling.issued_lately(second.public_id, "invoice", "")


def test_the_journal_is_read_on_and_half_a_line_is_waited_for(journal: Path) -> None:
    first, second = orders(2)
    issue(first)
    durable()
    find: Callable[..., Any] = numbering.journaling.issued
    assert find(first.public_id, "invoice", "")["document"] == "INV-00001"
    [file] = journal.glob("*.jsonl")
    whole = file.read_bytes()
    issue(second)
    durable()
    line = file.read_bytes()[len(whole) :]
    file.write_bytes(whole + line[:40])
    assert find(second.public_id, "invoice", "") is None
    file.write_bytes(whole + line)
    assert find(second.public_id, "invoice", "")["sequence"] == 2
