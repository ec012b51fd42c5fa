"""What all of it adds up to, for people who compare with their bank. Whole minor units."""

from dataclasses import dataclass

from bodega.ops.audit.books import Books

ORDERS = """
    SELECT currency, count(*) AS orders, count(paid_at) AS paid,
        coalesce(sum(CASE WHEN paid_at IS NOT NULL THEN total END), 0) AS total
    FROM orders_order GROUP BY currency ORDER BY currency
"""
MOVED = """
    SELECT currency,
        coalesce(sum(CASE WHEN kind = 'charge' THEN amount END), 0) AS charged,
        coalesce(sum(amount), 0) AS balance
    FROM payments_ledgerentry GROUP BY currency
"""


@dataclass(frozen=True)
class Sums:
    """Of one currency. `total`: of the paid orders; `charged` and `balance`: of the ledger, without and
    with refunds and disputes."""

    currency: str
    orders: int
    paid: int
    total: int
    charged: int
    balance: int


def add_up(books: Books) -> list[Sums]:
    """The sums of every currency that occurs in an order."""
    moved = {row["currency"]: row for row in books.rows(MOVED)}
    nothing = {"charged": 0, "balance": 0}
    return [
        Sums(
            **row,
            charged=int(moved.get(row["currency"], nothing)["charged"]),
            balance=int(moved.get(row["currency"], nothing)["balance"]),
        )
        for row in books.rows(ORDERS)
    ]
