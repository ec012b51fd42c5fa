"""Each missing order id is explained, and only what nobody can explain rings."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bodega.databases.journal import Journal
from bodega.lib.clock import utc_now
from bodega.ops.audit.books import Books
from bodega.ops.audit.gaps import Fate, Gap, explain, unexplained
from tests.ops.audit.conftest import JOURNALED, ORDERS

pytestmark = pytest.mark.django_db

Explain = Callable[..., list[Gap]]


@pytest.fixture
def explained(volume: Path, primary: sqlite3.Connection) -> Explain:
    def look(**how: Any) -> list[Gap]:
        return explain(Books(primary, volume / "journal", 10**9, utc_now(), **how))

    return look


def lose(primary: sqlite3.Connection, order_id: int) -> None:
    primary.execute("DROP TRIGGER IF EXISTS orders_need_a_tombstone")
    primary.execute("DELETE FROM orders_order WHERE id = ?", (order_id,))


def journalled(volume: Path, event: str, order_id: int, public_id: str = "p") -> None:
    journal = Journal(volume / "journal", "orders")
    told = {"event": event, "order": public_id, "order_id": order_id, "number": f"B{order_id}"}
    journal.append(told | {"total": 4900, "currency": "EUR", "happened": utc_now().isoformat()})
    journal.sync()
    journal.close()


def draw(primary: sqlite3.Connection, last: int) -> None:
    primary.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'orders_order'", (last,))


def bury(primary: sqlite3.Connection, order_id: int, number: str) -> None:
    primary.execute(
        "INSERT INTO orders_tombstone (order_id, number, reason, actor, at) "
        "VALUES (?, ?, 'a test order', 'ada', '2026-11-01 10:00:00')",
        (order_id, number),
    )


def test_a_shop_without_gaps_has_nothing_to_explain(explained: Explain) -> None:
    assert explained() == []


def test_an_id_nobody_was_told_about_never_was_an_order(
    primary: sqlite3.Connection, explained: Explain
) -> None:
    draw(primary, ORDERS + 2)
    (gap,) = explained()
    assert (gap.first, gap.last, gap.fate) == (ORDERS + 1, ORDERS + 2, Fate.CONFLICT)


def test_a_refused_duplicate_leaves_such_a_gap(
    primary: sqlite3.Connection, explained: Explain
) -> None:
    columns = [row[1] for row in primary.execute("PRAGMA table_info(orders_order)")][1:]
    named = ", ".join(columns)
    primary.execute(
        f"INSERT OR IGNORE INTO orders_order ({named}) SELECT {named} FROM orders_order WHERE id = 1"
    )
    assert [(gap.first, gap.fate) for gap in explained()] == [(ORDERS + 1, Fate.CONFLICT)]


def test_a_paid_order_without_a_row_rings(
    primary: sqlite3.Connection, volume: Path, explained: Explain
) -> None:
    journalled(volume, "placed", ORDERS + 1)
    journalled(volume, "paid", ORDERS + 1)
    (gap,) = explained()
    assert (gap.first, gap.fate) == (ORDERS + 1, Fate.UNEXPLAINED)
    assert "and PAID (€49.00); its row is gone" in gap.told
    bury(primary, ORDERS + 1, f"B{ORDERS + 1}")
    (gap,) = explained()
    assert gap.fate is Fate.DELETED
    assert "was deleted by ada on 2026-11-01 10:00 UTC: a test order" in gap.told


def test_an_order_whose_id_was_given_again_rings_all_the_same(
    volume: Path, explained: Explain
) -> None:
    journalled(volume, "placed", ORDERS, "somebody else")
    assert [(gap.first, gap.fate) for gap in explained()] == [(ORDERS, Fate.UNEXPLAINED)]


def test_an_order_rebuilt_under_another_id_is_explained(
    primary: sqlite3.Connection, volume: Path, explained: Explain
) -> None:
    (public_id,) = primary.execute(
        "SELECT public_id FROM orders_order WHERE id = ?", (ORDERS,)
    ).fetchone()
    primary.execute("UPDATE orders_order SET total = 4900 WHERE id = ?", (ORDERS,))
    journalled(volume, "placed", ORDERS + 1, public_id)
    (gap,) = explained()
    assert (gap.first, gap.fate) == (ORDERS + 1, Fate.REBUILT)


def test_an_unpaid_order_younger_than_a_restored_backup_is_explained(
    volume: Path, explained: Explain
) -> None:
    journalled(volume, "placed", ORDERS + 1)
    assert [gap.fate for gap in explained()] == [Fate.UNEXPLAINED]
    now = utc_now()
    restored = (now - timedelta(hours=1), now + timedelta(hours=1))
    assert [gap.fate for gap in explained(restores=(restored,))] == [Fate.RESTORED]
    journalled(volume, "paid", ORDERS + 1)
    assert [gap.fate for gap in explained(restores=(restored,))] == [Fate.UNEXPLAINED]


def test_what_is_older_than_the_journal_is_not_guessed(
    primary: sqlite3.Connection, explained: Explain
) -> None:
    old = ORDERS - JOURNALED - 5
    lose(primary, old)
    (gap,) = explained()
    assert (gap.first, gap.fate) == (old, Fate.UNEXPLAINED)
    assert "older than the order journal" in gap.told


def test_without_a_journal_nothing_is_guessed(primary: sqlite3.Connection, tmp_path: Path) -> None:
    draw(primary, ORDERS + 1)
    books = Books(primary, tmp_path / "nowhere", 0, utc_now())
    (row,) = unexplained(books)
    assert row["told"] == "there is no order journal that could tell"


def test_a_damaged_journal_explains_nothing(
    primary: sqlite3.Connection, volume: Path, explained: Explain
) -> None:
    (path,) = (volume / "journal").glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5] + lines[6:]))
    draw(primary, ORDERS + 1)
    assert [gap.fate for gap in explained()] == [Fate.UNEXPLAINED]


def test_a_gap_of_a_billion_ids_is_one_line(
    primary: sqlite3.Connection, explained: Explain
) -> None:
    draw(primary, 10**9)
    (gap,) = explained()
    assert gap.ids == f"{ORDERS + 1} to 1000000000"
