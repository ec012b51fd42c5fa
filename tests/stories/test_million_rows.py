"""Acceptance 11: SQL's sums are Python's over a million rows, and one cent among them is found."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.lib.clock import utc_now
from bodega.ops.audit.books import Books
from bodega.ops.audit.examination import QUESTIONS, choose, examine
from bodega.ops.audit.sums import add_up
from bodega.ops.backup.sums import MONEY, facts
from tests.ops.audit.conftest import healthy

__all__ = ["healthy"]

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ORDERS = 200_000  # each with two lines, an attempt and a charge: a million rows
AMOUNT = "(abs(id * 7919) % 99991 + 1)"
MADE = f"""
    WITH RECURSIVE n (id) AS (SELECT 1000 UNION ALL SELECT id + 1 FROM n WHERE id < 1000 + {ORDERS - 1})
"""
# Columns as a purchase writes them; every other column is copied from a real row.
ROWS = {
    "orders_order": {
        "id": "n.id",
        "public_id": "'p' || n.id",
        "number": "'N' || n.id",
        "checkout_key": "'k' || n.id",
        "subtotal": "3 * cents",
        "discount": "0",
        "shipping": "0",
        "shipping_tax": "0",
        "tax": "0",
        "total": "3 * cents",
        "taxes": "json_array(json_object('net', 3 * cents, 'tax', 0))",
    },
    "payments_attempt": {
        "id": "n.id",
        "order_id": "n.id",
        "idempotency_key": "'k' || n.id",
        "session_id": "'s' || n.id",
        "payment_intent": "'pi' || n.id",
        "amount": "3 * cents",
        "captured": "3 * cents",
    },
    "payments_ledgerentry": {
        "id": "n.id",
        "order_id": "n.id",
        "attempt_id": "n.id",
        "payment_intent": "'pi' || n.id",
        "amount": "3 * cents",
    },
}
LINES = [(0, 1), (ORDERS, 2)]  # two lines: one piece, and two
PAID = "SELECT max(id) FROM orders_order WHERE paid_at IS NOT NULL"


@pytest.fixture
def million(healthy: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    shutil.copy(healthy / "primary.sqlite3", tmp_path)
    connection = sqlite3.connect(tmp_path / "primary.sqlite3", isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN")
    for name in indexes(connection):
        connection.execute(f"DROP INDEX {name}")
    for table, values in ROWS.items():
        fill(connection, table, values)
    for offset, quantity in LINES:
        line = {"id": f"n.id + {offset} + 1000", "order_id": "n.id", "variant_id": "NULL"}
        line |= {"quantity": str(quantity), "unit_price": "cents", "discount": "0", "tax": "0"}
        fill(
            connection,
            "orders_orderline",
            line | {"subtotal": f"{quantity} * cents", "tax_ppm": "0"},
        )
    connection.execute("COMMIT")
    connection.execute("CREATE INDEX lines ON orders_orderline (order_id)")
    yield connection
    connection.close()


def indexes(connection: sqlite3.Connection) -> list[str]:
    """Building a million rows takes half as long without them."""
    sql = (
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL "
        "AND tbl_name IN (?, ?)"
    )
    found = connection.execute(sql, ("orders_orderline", "payments_ledgerentry")).fetchall()
    return [f'"{name}"' for (name,) in found]


def fill(connection: sqlite3.Connection, table: str, values: dict[str, str]) -> None:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    key = "id" if table == "orders_order" else "order_id"
    shown = ", ".join(values.get(column, f"t.{column}") for column in columns)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) {MADE} SELECT {shown} "
        f"FROM (SELECT id, {AMOUNT} AS cents FROM n) n, "
        f"(SELECT * FROM {table} WHERE {key} = ({PAID} AND id < 1000) LIMIT 1) t"
    )


def test_sql_adds_up_a_million_rows_as_python_does(
    million: sqlite3.Connection, tmp_path: Path
) -> None:
    rows = 0
    found = facts(million, "primary").sums
    for table in ("orders_order", "orders_orderline", "payments_attempt", "payments_ledgerentry"):
        columns = MONEY["primary"][table]
        mine = [0] * len(columns)
        for row in million.execute(f"SELECT {', '.join(columns)} FROM {table}"):
            rows += 1
            for place, value in enumerate(row):
                mine[place] += value
        assert [found[f"{table}.{column}"] for column in columns] == mine
    assert rows >= 1_000_000
    books = Books(million, tmp_path, 0, utc_now())
    (euros,) = add_up(books)
    assert euros.charged == euros.total == found["payments_ledgerentry.amount"]
    questions = [each for each in choose(["orders", "payments"]) if each.id not in {"orders.gaps"}]
    assert [each.question.id for each in examine(books, questions) if each.count] == []
    million.execute("UPDATE payments_ledgerentry SET amount = amount - 1 WHERE id = 123456")
    (answer,) = examine(books, [QUESTIONS["payments.charges"]])
    assert (answer.count, answer.rows[0]["number"]) == (1, "N123456")


def test_amounts_with_a_point_in_them_add_up_to_something_else() -> None:
    """The control: the same amounts as a shop has them that counts in euros."""
    shop = sqlite3.connect(":memory:")
    shop.execute("CREATE TABLE ledger (id INTEGER PRIMARY KEY, cents INTEGER, euros REAL)")
    rows = f"{MADE} SELECT id, {AMOUNT}, {AMOUNT} / 100.0 FROM n"
    shop.execute(f"INSERT INTO ledger {rows}")
    mine = [0, 0.0]
    for cents, euros in shop.execute("SELECT cents, euros FROM ledger"):
        mine = [mine[0] + cents, mine[1] + euros]
    cents, euros = shop.execute("SELECT sum(cents), sum(euros) FROM ledger").fetchone()
    shop.close()
    assert cents == mine[0]
    assert euros != mine[1]
