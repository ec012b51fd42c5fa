"""Whoever has paid has an invoice; whoever gets money back has a credit note."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import invoicing
from bodega.orders.models import Invoice, Order, OrderLine
from bodega.orders.paying import mark_paid
from bodega.payments.rebuilding import rebuild
from bodega.payments.settling import settle
from tests.orders.papers.samples import STANDARD, add_up, invoices, order_of, saved
from tests.till import MemoryBank

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture
def paid(order: Order) -> Order:
    """Two prints and a parcel, 54.90, paid."""
    with transaction.atomic():
        mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
    return order


def give_back(order: Order, about: str, total: int, **parts: Any) -> Invoice | None:
    with transaction.atomic():
        return invoicing.issue_credit_note(order, about=about, total=total, at=utc_now(), **parts)


def test_the_payment_brings_the_invoice(paid: Order) -> None:
    invoice = Invoice.objects.get()
    assert (invoice.order, invoice.kind, invoice.number) == (paid, "invoice", "INV-00001")
    assert (invoice.total, invoice.tax, invoice.currency) == (paid.total, paid.tax, "EUR")
    assert invoice.content["number"] == "INV-00001"
    assert [line["sku"] for line in invoice.content["lines"]] == ["DUNES"]
    assert invoice.content["buyer"]["name"] == "Ada Lovelace"
    assert invoice.issued_at == paid.paid_at


def test_paying_twice_is_one_invoice(paid: Order) -> None:
    with transaction.atomic():
        again = invoicing.issue_invoice(paid, at=utc_now())
    assert again == Invoice.objects.get()


def test_a_payment_that_is_rolled_back_leaves_none(order: Order) -> None:
    with transaction.atomic():
        mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
        transaction.set_rollback(True)
    assert invoices() == []


def test_it_takes_three_statements_when_the_merchant_is_known(order: Order) -> None:
    merchant = Merchant.current()
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        invoicing.issue_invoice(order, at=order.placed_at, merchant=merchant)
    assert len(captured) == 3, [query["sql"][:60] for query in captured]


def test_what_is_frozen_stays_when_order_and_merchant_change(paid: Order) -> None:
    said = Invoice.objects.get().content
    Merchant.objects.update(legal_name="Another Ltd")
    paid.addresses.update(name="Somebody Else")
    OrderLine.objects.update(title="Other")
    assert Invoice.objects.get().content == said
    assert "Another Ltd" not in str(said)


def test_a_free_order_has_an_invoice_over_nothing(merchant: Merchant) -> None:
    sums = add_up([(2500, 1, STANDARD)], shipping=0, discount=[2500])
    free = saved(order_of(sums), [(2500, 1, STANDARD)], sums)
    with transaction.atomic():
        mark_paid(free, at=utc_now(), actor="shop", livemode=False)
    invoice = Invoice.objects.get()
    assert (invoice.total, invoice.tax) == (0, 0)
    assert give_back(free, "r", 100) is None


def test_money_that_is_set_aside_is_not_invoiced(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1", amount_total=1)
    settle("cs_test_1", now=utc_now())
    assert invoices() == []


def test_an_order_rebuilt_from_stripe_is_invoiced_in_full(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1")
    session, items = bank.look("cs_test_1"), bank.items(bank.look("cs_test_1"))
    said = order.total, order.tax
    for table in ("attempts", "lines", "addresses", "events"):
        getattr(order, table).all().delete()
    Order.objects.filter(pk=order.pk).update(public_id="gone", number="X", checkout_key="gone")
    with transaction.atomic():
        attempt = rebuild(session, items, now=utc_now())
        mark_paid(attempt.order, at=utc_now(), actor="recovery", livemode=False)
    invoice = Invoice.objects.get()
    assert attempt.order.is_recovered
    assert (invoice.total, invoice.tax) == said
    assert sum(row["tax"] for row in invoice.content["taxes"]) == invoice.tax


# Credit notes.


def test_a_refund_of_a_line_names_it(paid: Order) -> None:
    line = paid.lines.get()
    note = give_back(paid, "refund-1", 2500, lines=[(line, 1, 2500)])
    assert note
    assert note.corrects == invoicing.order_invoice(paid)
    assert note.content["corrects"]["number"] == "INV-00001"
    assert [(each["sku"], each["quantity"]) for each in note.content["lines"]] == [("DUNES", 1)]
    assert (note.total, note.tax) == (2500, 399)


def test_the_same_refund_again_is_the_same_note(paid: Order) -> None:
    assert give_back(paid, "refund-1", 100) == give_back(paid, "refund-1", 100)
    assert invoices("credit_note") == [1]


def test_refunds_of_everything_give_back_exactly_what_was_charged(paid: Order) -> None:
    line = paid.lines.get()
    notes = [
        give_back(paid, "1", 2500, lines=[(line, 1, 2500)]),
        give_back(paid, "2", 333),
        give_back(paid, "3", paid.total - 2833, shipping=490),
        give_back(paid, "4", 1),
    ]
    assert notes.pop() is None, "nothing is left"
    assert sum(note.total for note in notes if note) == paid.total
    assert sum(note.tax for note in notes if note) == paid.tax


def test_what_was_never_invoiced_is_not_credited(order: Order) -> None:
    assert give_back(order, "1", 100) is None
