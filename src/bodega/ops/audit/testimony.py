"""What the order journal says, held against the rows: one pass over both, whatever their size.

The journal has a record of every order that somebody was told about, written before she was told
(design 3.4), so it is the witness for rows that are gone. Orders are recognised by their public id: a
number counted by SQLite is given again after an older file was restored.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from bodega.databases.journal_reading import Damage, read
from bodega.ops.audit.books import NAME, Books, Row

BATCH = 500
TOLD, PAID = 1, 2
ORDERS = "SELECT id, public_id, number, total, currency, paid_at FROM orders_order"


@dataclass
class Remembered:
    """An order as the journal knows it, which has no row."""

    order_id: int
    number: str
    total: int
    currency: str
    placed: datetime
    is_paid: bool = False


@dataclass
class Testimony:
    """`lost`: orders without a row, by public id. `moved`: old id → the number under which Stripe's
    rebuilt row lives. `differing`: one row for each order that the two know differently. `told`: a byte
    for each id, TOLD and PAID."""

    first: int | None = None
    lost: dict[str, Remembered] = field(default_factory=dict)
    moved: dict[int, str] = field(default_factory=dict)
    differing: dict[str, Row] = field(default_factory=dict)
    damages: list[Damage] = field(default_factory=list)
    told: bytearray = field(default_factory=bytearray)

    @property
    def is_whole(self) -> bool:
        """Whether no record is missing in what is there."""
        return not any(damage.lost for damage in self.damages)

    @property
    def highest(self) -> int:
        """The highest order id it ever heard of."""
        return max(0, len(self.told) - 1)

    def says(self, order_id: int) -> int:
        """What it says of an id."""
        return self.told[order_id] if order_id < len(self.told) else 0

    def note(self, order_id: int, bits: int) -> None:
        """It said something about an id."""
        if order_id >= len(self.told):
            self.told.extend(bytes(order_id + 1 - len(self.told)))
        self.told[order_id] |= bits


@lru_cache(maxsize=1)
def hear(books: Books) -> Testimony:
    """Read the journal up to the snapshot and compare. Raises OSError, sqlite3.Error."""
    heard = Testimony()
    records = _records(books, heard)
    while batch := list(islice(records, BATCH)):
        rows = _rows(books, {record["order"] for record in batch})
        for record in batch:
            _compare(record, rows.get(record["order"]), heard)
    return heard


def _records(books: Books, heard: Testimony) -> Iterator[dict[str, Any]]:
    """The records about orders; damages are noted on the way."""
    if not books.journal.is_dir():
        return
    for each in read(books.journal, NAME):
        if isinstance(each, Damage):
            heard.damages.append(each)
        elif each.seq <= books.end and "order_id" in each.data:
            yield each.data | {"at": each.at}


def _rows(books: Books, orders: set[str]) -> dict[str, Row]:
    marks = ", ".join("?" * len(orders))
    sql = f"{ORDERS} WHERE public_id IN ({marks})"
    return {row["public_id"]: row for row in books.rows(sql, *orders)}


def _compare(record: Mapping[str, Any], row: Row | None, heard: Testimony) -> None:
    order_id, is_paid = record["order_id"], record["event"] == "paid"
    heard.note(order_id, TOLD | (PAID if is_paid else 0))
    if record["event"] == "placed":
        heard.first = min(order_id, heard.first or order_id)
    if row is None:
        known = heard.lost.setdefault(record["order"], _remembered(record))
        known.is_paid = known.is_paid or is_paid
        return
    if row["id"] != order_id:
        heard.moved[order_id] = row["number"]
    if (row["total"], row["currency"]) != (record["total"], record["currency"]):
        heard.differing[record["order"]] = _difference(record, row, "amount")
    elif is_paid and row["paid_at"] is None:
        heard.differing[record["order"]] = _difference(record, row, "payment")


def _remembered(record: Mapping[str, Any]) -> Remembered:
    return Remembered(
        record["order_id"],
        record["number"],
        record["total"],
        record["currency"],
        datetime.fromisoformat(record.get("happened") or record["at"].isoformat()),
    )


def _difference(record: Mapping[str, Any], row: Row, what: str) -> Row:
    return {
        "number": row["number"],
        "what": what,
        "currency": record["currency"],
        "journal": record["total"],
        "row": row["total"],
    }
