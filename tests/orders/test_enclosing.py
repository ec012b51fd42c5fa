"""The invoice comes with the receipt, and never keeps it from coming."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail as box

from bodega.lib.clock import utc_now
from bodega.orders import mails
from bodega.orders.models import Invoice, Order
from bodega.orders.papers import archive
from bodega.orders.papers.printing import PrintFailed
from bodega.payments import refunding
from tests.till import drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture(autouse=True)
def press(volume: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was printed yet, and what is printed is blank."""
    settings.VOLUME = volume
    monkeypatch.setattr(archive, "print_papers", lambda papers: [b"%PDF-blank"] * len(papers))


def attached() -> list[tuple[str, bytes]]:
    return [(str(name), content) for name, content, _ in box.outbox[-1].attachments]


def test_the_receipt_has_the_invoice_with_it(paid: Order) -> None:
    mails.send.call(paid.pk, "receipt")
    invoice = Invoice.objects.get()
    assert attached() == [(f"{invoice.number}.pdf", b"%PDF-blank")]
    assert Invoice.objects.get().rendered_at


def test_a_refund_has_its_credit_note_with_it(paid: Order) -> None:
    refunding.refund_everything(paid, key="k", actor="clerk", now=utc_now())
    drain()
    note = Invoice.objects.get(kind="credit_note")
    refunded = next(message for message in box.outbox if "refund" in message.subject)
    assert [name for name, *_ in refunded.attachments] == [f"{note.number}.pdf"]


def test_other_mails_have_nothing_with_them(paid: Order) -> None:
    mails.send.call(paid.pk, "expired")
    assert attached() == []


def test_an_order_without_an_invoice_gets_its_receipt_all_the_same(order: Order) -> None:
    mails.send.call(order.pk, "receipt")
    assert attached() == []


def test_a_press_that_is_broken_keeps_no_receipt_from_the_customer(
    paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def jammed(_papers: object) -> list[bytes]:
        raise PrintFailed("no paper")

    monkeypatch.setattr(archive, "print_papers", jammed)
    mails.send.call(paid.pk, "receipt")
    assert attached() == []
    assert paid.get_absolute_url() in box.outbox[-1].body
    assert Invoice.objects.get().rendered_at is None, "the printing job tries again, and says why"


def test_what_waits_is_printed_along_and_one_that_cannot_be_stops_nobody(
    paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = Invoice.objects.get()
    other = Invoice.objects.create(
        order=paid, kind="credit_note", sequence=1, number="CN-1", currency="EUR", total=1, tax=0,
        content={"bad": True}, issued_at=utc_now(), corrects=invoice,
    )  # fmt: skip
    runs: list[int] = []

    def picky(papers: list[dict[str, object]]) -> list[bytes]:
        runs.append(len(papers))
        if any("bad" in paper for paper in papers):
            raise PrintFailed("what is this?")
        return [b"%PDF"] * len(papers)

    monkeypatch.setattr(archive, "print_papers", picky)
    archive.write_with_others(invoice, now=utc_now())
    assert runs == [2, 1]
    assert archive.find(invoice)
    assert not archive.find(other)
    archive.write_with_others(invoice, now=utc_now())
    assert runs == [2, 1], "printed once"
