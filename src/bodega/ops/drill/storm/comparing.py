"""Afterwards: the bank's ledger, the buyers' memories and the journal, against the shop's rows."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bodega.databases.journal import journal_files, parse
from bodega.databases.opening import open_file
from bodega.ops.drill.storm.memory import Purchase, Repeat

TAKEN = frozenset({"paid", "fulfilled"})
Charge = Mapping[str, Any]


@dataclass
class Order:
    """A row of the shop. `placed`: Unix time; `lines`: quantity by variant; `sessions`: at the bank."""

    public_id: str
    status: str
    total: int
    cart: str
    placed: float
    is_recovered: bool = False
    lines: dict[str, int] = field(default_factory=dict)
    sessions: list[str] = field(default_factory=list)


@dataclass
class Verdict:
    """Sentences about what is lost and what is there twice."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def orders_of(volume: Path) -> dict[str, Order]:
    """Every order of the shop, by its public id."""
    connection = open_file("primary", volume)
    try:
        return _read(connection)
    finally:
        connection.close()


def _read(connection: sqlite3.Connection) -> dict[str, Order]:
    found: dict[int, Order] = {}
    for number, public_id, status, total, cart, placed, recovered in connection.execute(
        "SELECT id, public_id, status, total, cart_token, placed_at, is_recovered FROM orders_order"
    ):
        at = datetime.fromisoformat(f"{placed}+00:00").timestamp()
        found[number] = Order(public_id, status, total, cart, at, bool(recovered))
    lines = "SELECT order_id, variant_id, sum(quantity) FROM orders_orderline GROUP BY 1, 2"
    for number, variant, quantity in connection.execute(lines):
        found[number].lines[str(variant)] = quantity
    sessions = "SELECT order_id, session_id FROM payments_attempt WHERE session_id IS NOT NULL"
    for number, session in connection.execute(sessions):
        found[number].sessions.append(session)
    return {order.public_id: order for order in found.values()}


def by_session(orders: Mapping[str, Order]) -> dict[str, Order]:
    """The same, by what the bank calls the attempt to pay."""
    return {session: order for order in orders.values() for session in order.sessions}


def journaled(volume: Path) -> dict[str, set[str]]:
    """The public ids in the order journal, and the events of each."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in journal_files(volume / "journal", "orders"):
        for line in path.read_bytes().splitlines():
            record = parse(line)
            if record is not None:
                found[record["data"]["order"]].add(record["data"]["event"])
    return found


def compare(
    orders: Mapping[str, Order],
    charges: Iterable[Charge],
    purchases: Iterable[Purchase],
    journal: Mapping[str, set[str]],
) -> Verdict:
    """Everything that was said to somebody, against what is there."""
    verdict = Verdict()
    _against_the_bank(orders, list(charges), verdict)
    sessions = by_session(orders)
    for purchase in purchases:
        _against_a_buyer(purchase, orders, sessions, verdict)
    _one_order_each(orders.values(), verdict)
    _against_the_journal(orders, journal, verdict)
    return verdict


def _against_the_bank(
    orders: Mapping[str, Order], charges: Sequence[Charge], verdict: Verdict
) -> None:
    """Every charge is one paid order, to the cent, and the other way round."""
    charged = Counter(charge["metadata"]["order"] for charge in charges)
    for charge in charges:
        public_id = charge["metadata"]["order"]
        order = orders.get(public_id)
        if order is None:
            verdict.lost.append(f"order {public_id} was charged and has no row")
        elif order.status not in TAKEN or order.total != charge["amount"]:
            told = f"{order.status}, {order.total}"
            verdict.lost.append(
                f"order {public_id}: charged {charge['amount']}, the row says {told}"
            )
        elif order.is_recovered:
            verdict.lost.append(f"order {public_id}: its row was lost, and rebuilt from the bank")
    for order in orders.values():
        if order.status in TAKEN and not charged[order.public_id]:
            verdict.doubled.append(f"order {order.public_id} is paid, and nobody was charged")
        elif charged[order.public_id] > 1:
            verdict.doubled.append(
                f"order {order.public_id} was charged {charged[order.public_id]} times"
            )


def _against_a_buyer(
    purchase: Purchase,
    orders: Mapping[str, Order],
    sessions: Mapping[str, Order],
    verdict: Verdict,
) -> None:
    """What she was told is there: the order she placed, with what she had put into her cart."""
    if not purchase.session:
        return
    order = sessions.get(purchase.session)
    if order is None:
        verdict.lost.append(f"session {purchase.session}: its buyer ordered, there is no order")
        return
    if purchase.order and orders.get(purchase.order) is not order:
        verdict.lost.append(f"order {purchase.order}: its buyer saw it paid, it is another's")
    for variant in {*purchase.wanted, *order.lines}:
        wanted, there = purchase.wanted.get(variant, 0), order.lines.get(variant, 0)
        if there != wanted:
            where = verdict.lost if there < wanted else verdict.doubled
            where.append(
                f"order {order.public_id}, variant {variant}: {wanted} put in, {there} ordered"
            )


def _one_order_each(orders: Iterable[Order], verdict: Verdict) -> None:
    """A cart is bought once."""
    carts = Counter(order.cart for order in orders if order.status in TAKEN)
    verdict.doubled += [f"cart {cart} was bought {n} times" for cart, n in carts.items() if n > 1]


def _against_the_journal(
    orders: Mapping[str, Order], journal: Mapping[str, set[str]], verdict: Verdict
) -> None:
    """What is in the journal has been said to somebody; what is paid must be in it."""
    verdict.lost += [
        f"order {public_id} is in the journal and has no row"
        for public_id in journal
        if public_id not in orders
    ]
    for order in orders.values():
        heard = journal.get(order.public_id, set())
        if not heard or (order.status in TAKEN and "paid" not in heard):
            verdict.lost.append(
                f"order {order.public_id} ({order.status}) is not in the journal so"
            )


def was_committed(repeat: Repeat, sessions: Mapping[str, Order]) -> bool:
    """Whether the effect of the first request was there before the repeat that was answered."""
    order = sessions.get(repeat.session)
    return repeat.is_replay or (order is not None and order.placed < repeat.at)
