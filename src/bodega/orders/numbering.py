"""Numbers of documents: one after the other, without gaps.

The number is taken in the transaction that writes the document. Whoever takes one holds the series' row
until the commit, so the next document waits; a rollback gives the number back. (`MAX(number) + 1` gives
two documents the same number when both look first, and a database's own sequence keeps what was rolled
back: a gap that a tax inspector asks about.)

Going back to an older backup takes the series back too, but the documents were sent to people. The order
journal still knows them: an order that comes back is given its old number, if nobody has it.
"""

from typing import NamedTuple

from django.db import connection

from bodega.orders import journaling
from bodega.orders.models import Invoice, Order, Series
from bodega.outbox.messages import NoTransaction

FEWEST_DIGITS = 5
# One statement, the same for SQLite (3.35) and PostgreSQL.
NEXT = """
INSERT INTO orders_series (kind, last) VALUES (%s, 1)
ON CONFLICT (kind) DO UPDATE SET last = orders_series.last + 1
RETURNING last
"""


class Place(NamedTuple):
    """A document's place in its series, and the number that is printed."""

    sequence: int
    number: str


def take(kind: str, prefix: str) -> Place:
    """The next place of a series, from 1. Raises NoTransaction outside the document's transaction."""
    if not connection.in_atomic_block:
        raise NoTransaction(f"a number for a {kind} was taken outside the document's transaction")
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [kind])
        [(sequence,)] = cursor.fetchall()
    return Place(sequence, printed(prefix, sequence))


def printed(prefix: str, sequence: int) -> str:
    """A number as people read it: "INV-00042"."""
    return f"{prefix}{sequence:0{FEWEST_DIGITS}d}"


def regain(order: Order, kind: str, about: str, *, lately: bool = False) -> Place | None:
    """The place that a document had before a restore; None: there was none, or it is taken.

    `lately`: ask only the journal's end.
    """
    ask = journaling.issued_lately if lately else journaling.issued
    was = ask(order.public_id, kind, about)
    if was is None or Invoice.objects.filter(kind=kind, sequence=was["sequence"]).exists():
        return None
    Series.objects.get_or_create(kind=kind)
    Series.objects.filter(kind=kind, last__lt=was["sequence"]).update(last=was["sequence"])
    return Place(was["sequence"], was["document"])
