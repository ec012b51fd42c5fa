"""A healthy shop answers every question well; each fault is found, by its own question only."""

import sqlite3
from pathlib import Path

import pytest

from bodega.lib.clock import utc_now
from bodega.ops.audit.books import Books
from bodega.ops.audit.examination import QUESTIONS
from bodega.ops.audit.questions import ask
from bodega.ops.doctor.findings import Level
from tests.ops.audit.conftest import ORDERS, Find
from tests.ops.audit.planting import FAULTS, plant

pytestmark = pytest.mark.django_db


def test_a_healthy_demo_shop_has_no_finding(found: Find) -> None:
    assert found() == {}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_question_and_by_no_other(
    fault: str, found: Find, primary: sqlite3.Connection
) -> None:
    plant(primary, fault)
    assert found() == {fault: 1}


def test_every_question_has_its_fault(volume: Path) -> None:
    elsewhere = {"files.integrity", "journal.whole", "journal.complete"}  # below
    assert set(QUESTIONS) == set(FAULTS) | elsewhere


def test_damage_is_found(found: Find, primary: sqlite3.Connection) -> None:
    page = "(SELECT rootpage FROM sqlite_schema WHERE name = 'orders_tombstone')"
    primary.execute("PRAGMA writable_schema=ON")
    primary.execute(f"UPDATE sqlite_schema SET rootpage = {page} WHERE name = 'catalog_oldslug'")
    primary.execute("PRAGMA writable_schema=RESET")
    assert found().keys() >= {"files.integrity"}


def test_a_journal_that_lost_a_line_is_found(found: Find, volume: Path) -> None:
    (path,) = (volume / "journal").glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5] + lines[6:]))
    assert found() == {"journal.whole": 1}


def test_an_order_that_the_journal_does_not_know_is_found(found: Find, volume: Path) -> None:
    (path,) = (volume / "journal").glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-3]))  # it ends too early: each line that is left is good
    assert found().keys() == {"journal.complete"}


def test_one_that_cannot_be_asked_is_an_answer(primary: sqlite3.Connection, volume: Path) -> None:
    primary.execute("DROP TABLE orders_mail")
    books = Books(primary, volume / "journal", 0, utc_now())
    answer = ask(QUESTIONS["mails.waiting"], books, 10)
    assert "no such table" in answer.error
    assert answer.level is Level.BAD


def test_what_is_still_in_flight_is_not_reported(found: Find, primary: sqlite3.Connection) -> None:
    plant(primary, "outbox.waiting", "mails.waiting", "payments.events")
    now = utc_now().replace(tzinfo=None).isoformat(" ")
    primary.execute("UPDATE outbox_message SET created_at = ?", (now,))
    primary.execute("UPDATE orders_mail SET created_at = ?", (now,))
    primary.execute("UPDATE payments_webhookevent SET received_at = ?", (now,))
    assert found() == {}


def test_the_first_rows_are_kept_and_all_are_counted(
    primary: sqlite3.Connection, volume: Path
) -> None:
    primary.execute("UPDATE orders_order SET total = total + 1")
    books = Books(primary, volume / "journal", 0, utc_now())
    answer = ask(QUESTIONS["orders.totals"], books, 3)
    assert answer.count == ORDERS
    assert len(answer.rows) == 3
    assert "the total is €" in QUESTIONS["orders.totals"].sentence(answer.rows[0])


def test_a_refund_on_its_way_to_stripe_needs_no_paper_yet(
    found: Find, primary: sqlite3.Connection
) -> None:
    plant(primary, "invoices.refunds")
    assert found() == {"invoices.refunds": 1}
    primary.execute("UPDATE payments_refund SET state = 'new'")
    assert "invoices.refunds" not in found()
