"""The limit for bench/checkout.py: what an order leaves in the primary file, written by hand.

A finished order of the shop is the model: its rows are read once, and then written again under new names
with plain statements, in the transactions in which a shop cannot help committing (cart, placed, session
known, event stored, paid, mailed), each on the disk (synchronous=FULL) before the next begins. No
framework, no network, no pages, no queue: nothing that sells over HTTP can be faster on this disk.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bodega.databases.layout import FILES
from bodega.databases.opening import open_file

if TYPE_CHECKING:
    import sqlite3

Row = dict[str, Any]
# Tables with the rows of an order, and the column that leads to it.
OF_ORDER = {
    "orders_orderline": "order_id",
    "orders_orderaddress": "order_id",
    "orders_orderevent": "order_id",
    "orders_invoice": "order_id",
    "orders_mail": "order_id",
    "payments_attempt": "order_id",
    "payments_ledgerentry": "order_id",
}
BY_NAME = {"catalog_reservation": "reference", "catalog_movement": "reference"}


class Shelf:
    """A copy of the shop's primary file, and the rows of one order of it."""

    described = (
        "six durable transactions an order, the same rows by hand, one thread, synchronous=FULL"
    )

    def __init__(self, connection: "sqlite3.Connection") -> None:
        self.connection = connection
        self.made = 0
        self.order = self.one("SELECT * FROM orders_order WHERE status = 'paid' ORDER BY id DESC")
        which = {**dict.fromkeys(OF_ORDER, self.order["id"])}
        which |= dict.fromkeys(BY_NAME, self.order["public_id"])
        self.rows = {
            table: self.all(f"SELECT * FROM {table} WHERE {column} = ?", which[table])
            for table, column in (OF_ORDER | BY_NAME).items()
        }
        self.cart = self.one("SELECT * FROM cart_cart ORDER BY id DESC")
        self.event = self.one("SELECT * FROM payments_webhookevent ORDER BY id DESC")
        self.message = self.one("SELECT * FROM outbox_message ORDER BY id DESC")

    def per_second(self, seconds: float) -> float:
        """Orders a second, for so long."""
        first, begun = self.made, time.perf_counter()
        while time.perf_counter() < begun + seconds:
            self.made += 1
            self.write(f"{self.made:08d}")
        return (self.made - first) / (time.perf_counter() - begun)

    def write(self, mark: str) -> None:
        """One order, from the cart to the mail; `mark` makes its names new."""
        line, variant = self.rows["orders_orderline"][0], self.rows["catalog_reservation"][0]
        with self.transaction():
            cart = self.insert("cart_cart", self.cart, token=mark)
            told = {"cart_id": cart, "variant_id": line["variant_id"]}
            self.insert("cart_cartline", told | {"quantity": 1, "seen_price": line["unit_price"]})
        with self.transaction():
            order = self.place(mark, variant)
        with self.transaction():
            self.change("payments_attempt", "session_id = ?, state = 'open'", order, mark)
        with self.transaction():
            self.insert("payments_webhookevent", self.event, event_id=mark)
            self.insert("outbox_message", self.message, key="event" + mark)
        with self.transaction():
            self.pay(order, mark, variant)
        with self.transaction():
            for mail in self.rows["orders_mail"]:
                self.insert("orders_mail", mail, order_id=order, message_id=mark)
            self.insert("orders_orderevent", self.rows["orders_orderevent"][-1], order_id=order)

    def place(self, mark: str, variant: Row) -> int:
        names = {"public_id": mark, "number": mark, "checkout_key": mark}
        order = self.insert("orders_order", self.order, **names, status="awaiting_payment")
        for table in ("orders_orderline", "orders_orderaddress"):
            for row in self.rows[table]:
                self.insert(table, row, order_id=order)
        self.insert("orders_orderevent", self.rows["orders_orderevent"][0], order_id=order)
        self.take(variant, "reserved = reserved + 1")
        self.insert("catalog_reservation", variant, reference=mark, state="held")
        for attempt in self.rows["payments_attempt"]:
            names = {"idempotency_key": mark, "session_id": None}
            self.insert("payments_attempt", attempt, order_id=order, **names)
        self.insert("outbox_message", self.message, key="place" + mark)
        return order

    def pay(self, order: int, mark: str, variant: Row) -> None:
        attempt = self.change("payments_attempt", "state = 'paid', payment_intent = ?", order, mark)
        for entry in self.rows["payments_ledgerentry"]:
            names = {"payment_intent": mark, "attempt_id": attempt}
            self.insert("payments_ledgerentry", entry, order_id=order, **names)
        self.connection.execute("UPDATE orders_order SET status = 'paid' WHERE id = ?", [order])
        self.insert("orders_orderevent", self.rows["orders_orderevent"][-1], order_id=order)
        self.take(variant, "reserved = reserved - 1, on_hand = on_hand - 1")
        for movement in self.rows["catalog_movement"][-1:]:
            self.insert("catalog_movement", movement, reference=mark)
        sold = "UPDATE catalog_reservation SET state = 'sold' WHERE reference = ?"
        self.connection.execute(sold, [mark])
        for invoice in self.rows["orders_invoice"]:
            names = {"number": mark, "sequence": 1_000_000_000 + self.made}
            self.insert("orders_invoice", invoice, order_id=order, **names)
        self.connection.execute("DELETE FROM cart_cart WHERE token = ? AND 0", [mark])
        self.insert("outbox_message", self.message, key="mail" + mark)
        self.insert("outbox_message", self.message, key="tell" + mark)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        yield
        self.connection.execute("COMMIT")

    def insert(self, table: str, row: Row, **changes: Any) -> int:
        values = {**row, **changes, "id": None}
        words = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
        made = self.connection.execute(words, list(values.values())).lastrowid
        assert made is not None
        return made

    def change(self, table: str, changes: str, order: int, *values: str) -> int:
        words = f"UPDATE {table} SET {changes} WHERE order_id = ? RETURNING id"
        changed: int = self.connection.execute(words, [*values, order]).fetchone()[0]
        return changed

    def take(self, variant: Row, changes: str) -> None:
        words = f"UPDATE catalog_stock SET {changes} WHERE variant_id = ? AND on_hand > reserved"
        assert self.connection.execute(words, [variant["variant_id"]]).rowcount == 1

    def all(self, words: str, *values: Any) -> list[Row]:
        cursor = self.connection.execute(words, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def one(self, words: str) -> Row:
        return self.all(words)[0]


@contextmanager
def shelf(volume: Path) -> Iterator[Shelf]:
    """A copy of the volume's primary file, beside it: the same disk."""
    directory = Path(tempfile.mkdtemp(prefix="by-hand-", dir=volume.parent))
    try:
        with closing(open_file("primary", volume)) as living:
            living.execute("VACUUM INTO ?", [str(directory / FILES["primary"].name)])
        with closing(open_file("primary", directory)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            yield Shelf(connection)
    finally:
        shutil.rmtree(directory)
