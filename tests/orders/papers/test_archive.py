"""Printed documents: written whole, found by what they say, made again when they are gone."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from bodega.lib.clock import utc_now
from bodega.orders import invoicing
from bodega.orders.models import Invoice
from bodega.orders.papers import archive, bill, jobs
from bodega.orders.papers.printing import PrintFailed
from bodega.outbox.testing import drain
from tests.orders.papers.samples import STANDARD, add_up, order_of, saved, text_of

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
GOODS = [(2500, 1, STANDARD)]


@pytest.fixture(autouse=True)
def folder(volume: Path, settings: Any) -> Path:
    settings.VOLUME = volume
    return volume / "documents"


def issued(n: int = 1) -> Invoice:
    sums = add_up(GOODS)
    order = saved(order_of(sums, number=f"B-{n}", checkout_key=f"{n}"), GOODS, sums)
    with transaction.atomic():
        return invoicing.issue_invoice(order, at=order.placed_at)


def test_the_job_prints_what_was_never_printed(folder: Path) -> None:
    invoice, other = issued(1), issued(2)
    assert archive.find(invoice) is None
    jobs.print_documents.func()
    for each in (invoice, other):
        each.refresh_from_db()
        assert each.rendered_at
        path = archive.find(each)
        assert path
        assert path.read_bytes() == bill.invoice(each.content)
        assert path.stat().st_mode & 0o077 == 0, "nobody else on the machine reads it"
    assert len(list(folder.rglob("*"))) == 4, "two files, two folders, nothing half-written"


def test_a_file_that_is_gone_is_made_again_just_as_it_was() -> None:
    invoice = issued()
    was = archive.pdf(invoice, now=utc_now())
    archive.path_of(invoice).unlink()
    assert archive.pdf(invoice, now=utc_now()) == was
    assert invoice.number in text_of(was)


def test_another_document_never_has_the_same_file() -> None:
    invoice = issued()
    was = archive.path_of(invoice)
    invoice.content = {**invoice.content, "buyer": {"name": "Somebody Else"}}
    assert archive.path_of(invoice) != was, "the same number after a restore, and another customer"


def test_one_that_cannot_be_printed_holds_up_none_of_the_others() -> None:
    poison, invoice = issued(1), issued(2)
    Invoice.objects.filter(pk=poison.pk).update(content={"kind": "poster"})
    with pytest.raises(PrintFailed, match=poison.number):
        archive.write_each(archive.waiting(), now=utc_now())
    assert archive.find(invoice)
    poison.refresh_from_db()
    assert poison.rendered_at is None


def test_nothing_to_print_starts_no_press(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: Any) -> Any:
        raise AssertionError("the press was started")

    monkeypatch.setattr(archive, "print_papers", start)
    jobs.print_documents.func()
    issued()
    with pytest.raises(AssertionError, match="started"):
        jobs.print_documents.func()


def test_many_are_printed_batch_by_batch_each_in_a_job_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive, "AT_ONCE", 2)
    runs: list[int] = []

    def press(contents: Any) -> list[bytes]:
        runs.append(len(contents))
        return [b"%PDF"] * len(contents)

    monkeypatch.setattr(archive, "print_papers", press)
    made = [issued(number) for number in range(1, 6)]
    jobs.print_documents.enqueue()
    drain()
    assert runs == [2, 2, 1]
    assert all(archive.find(each) for each in made)
