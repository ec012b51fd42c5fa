"""What was committed and never journaled is written down later; what is there already is not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from bodega.databases.durability import durable
from bodega.databases.journal_reading import Entry, read
from bodega.lib.clock import utc_now
from bodega.orders import journaling, recalling, timeline
from bodega.orders.models import Order, OrderEvent
from tests.till import MemoryBank, bank, buyer, merchant, order, paid, variant

__all__ = ["bank", "buyer", "merchant", "order", "paid", "variant"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.JOURNAL_DIR = tmp_path / "journal"
    return tmp_path / "journal"


def told(folder: Path) -> list[str]:
    return [each.data["event"] for each in read(folder, "orders") if isinstance(each, Entry)]


def killed() -> None:
    """What the process had in memory is gone."""
    journaling.journal()._waiting.clear()


def test_what_died_with_a_process_is_written_down(
    order: Order, bank: MemoryBank, folder: Path
) -> None:
    durable()
    with transaction.atomic():
        timeline.record(order, "paid", "Payment received", at=utc_now())
    killed()
    durable()
    assert told(folder) == ["placed"]
    assert recalling.recall(now=utc_now() + HOUR) == 1
    assert told(folder) == ["placed", "paid"]


def test_a_document_keeps_its_number_too(paid: Order, folder: Path) -> None:
    durable()
    (path,) = folder.glob("*.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0])
    assert recalling.recall(now=utc_now() + HOUR) == 2
    assert sorted(told(folder)) == ["issued", "paid", "placed"]
    assert journaling.issued(paid.public_id, "invoice", "")


def test_what_is_known_is_not_written_again(paid: Order, folder: Path) -> None:
    durable()
    before = told(folder)
    assert recalling.complete_journal.func() == 0
    assert recalling.recall(now=utc_now() + HOUR) == 0
    assert told(folder) == before


def test_what_a_living_process_may_be_about_to_write_is_left_to_it(
    order: Order, folder: Path
) -> None:
    durable()
    with transaction.atomic():
        timeline.record(order, "paid", "Payment received", at=utc_now())
    assert recalling.recall(now=utc_now()) == 0
    assert told(folder) == ["placed", "paid"], "its own barrier wrote it, once"


def test_nothing_is_known_of_the_time_before_the_journal(order: Order, folder: Path) -> None:
    killed()
    assert recalling.recall(now=utc_now() + HOUR) == 0, "a shop that has no journal yet"
    with transaction.atomic():
        timeline.record(order, "paid", "Payment received", at=utc_now())
    durable()
    OrderEvent.objects.filter(kind="placed").update(at=utc_now() - HOUR)
    assert recalling.recall(now=utc_now() + HOUR) == 0
    assert told(folder) == ["paid"]
