"""Every acknowledged event of an order is in the journal before anybody is told."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from bodega.databases import journal as module
from bodega.databases.durability import CannotAcknowledge, durable
from bodega.databases.journal_reading import Entry, read
from bodega.lib.clock import utc_now
from bodega.orders import journaling, timeline
from bodega.orders.models import Order, OrderEvent

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.JOURNAL_DIR = tmp_path / "journal"
    return tmp_path / "journal"


@pytest.fixture
def order() -> Order:
    """A row as freezing would write it."""
    return Order.objects.create(
        number="B1001",
        checkout_key="k",
        email="ada@example.com",
        currency="EUR",
        prices_include_tax=True,
        subtotal=2500,
        total=2500,
        placed_at=utc_now(),
    )


def told(folder: Path) -> list[dict[str, Any]]:
    return [each.data for each in read(folder, "orders") if isinstance(each, Entry)]


def test_a_committed_event_is_in_the_journal_after_the_barrier(order: Order, folder: Path) -> None:
    with transaction.atomic():
        timeline.record(order, "placed", "Order placed", at=utc_now())
    assert told(folder) == []
    durable()
    (line,) = told(folder)
    assert line["event"] == "placed"
    assert line["order"] == order.public_id
    assert (line["number"], line["total"], line["currency"]) == ("B1001", 2500, "EUR")
    assert "ada@example.com" not in str(line)


def test_what_is_rolled_back_is_not(order: Order, folder: Path) -> None:
    with transaction.atomic():
        timeline.record(order, "paid", "Payment received", at=utc_now())
        transaction.set_rollback(True)
    durable()
    assert told(folder) == []


def test_notes_and_mails_are_not(order: Order, folder: Path) -> None:
    timeline.record(order, "note", "Call her", at=utc_now())
    timeline.record(order, "mail_sent", "Receipt sent", at=utc_now())
    durable()
    assert told(folder) == []
    assert OrderEvent.objects.count() == 2


def test_without_the_journal_nothing_is_acknowledged_and_the_order_stays(
    order: Order, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.touch()  # no directory can be made there
    with transaction.atomic():
        timeline.record(order, "placed", "Order placed", at=utc_now())
    with pytest.raises(CannotAcknowledge, match="cannot be written"):
        durable()
    assert Order.objects.filter(pk=order.pk).exists()
    folder.unlink()
    durable()
    assert [line["event"] for line in told(folder)] == ["placed"]


def test_the_kinds_are_those_that_the_shop_writes() -> None:
    sources = Path(journaling.__file__).parents[1].rglob("*.py")
    words = "\n".join(path.read_text() for path in sources if path.name != "journaling.py")
    assert {kind for kind in journaling.KINDS if f'"{kind}"' not in words} == set()


@pytest.fixture(autouse=True)
def forgotten() -> Any:
    """Journals of this test are nobody's afterwards."""
    yield
    module._journals.clear()
