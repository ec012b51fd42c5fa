"""What happened to an order, written down a second time before anybody is told (design 3.4).

Between two backups the shop's files are the only place that knows an order; with the journal there is
another one. After the commit the event is handed to the journal, and the barrier (`durable()`) puts it
on the disk before the answer. A journal that cannot be written means no answer: the order stays, and the
customer's next try, Stripe's next call or the sweeper finds it.

No names and addresses: what is needed to find a lost order again, and to add up the money.
"""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from bodega.databases.journal import Journal, journal_files, open_journal, parse
from bodega.orders.models import Invoice, Order, OrderEvent

NAME = "orders"
ISSUED = "issued"  # a document got its number
LATELY = 256 * 1024  # bytes at the journal's end: some two hundred orders
# What somebody was told, or money moved for. Notes and mails are not.
KINDS = frozenset(
    {
        "placed",
        "paid",
        "paid_twice",
        "amount_differs",
        "oversold",
        "expired",
        "shipped",
        "withdrawn",
        "cancelled",
        "refunded",
        "refund_failed",
        "disputed",
        "dispute_closed",
    }
)


def journal() -> Journal:
    """This process's journal of orders, in the volume or where BODEGA_JOURNAL_DIR says."""
    return open_journal(settings.JOURNAL_DIR, NAME)


def write_down(order: Order, event: OrderEvent) -> None:
    """Journal an event of the caller's transaction once it is committed; nothing after a rollback."""
    if event.kind in KINDS:
        transaction.on_commit(partial(journal().append, told(order, event)))


def write_down_document(order: Order, document: Invoice) -> None:
    """Journal a document of the caller's transaction: its number must survive a lost database."""
    transaction.on_commit(partial(journal().append, told_of(order, document)))


def issued(public_id: str, kind: str, about: str) -> dict[str, Any] | None:
    """What the journal knows of a document: `sequence`, `document` (its number). Raises OSError."""
    return _documents.find(settings.JOURNAL_DIR, (public_id, kind, about))


def issued_lately(public_id: str, kind: str, about: str) -> dict[str, Any] | None:
    """`issued`, of the journal's end only: 0.1 ms and no memory. Raises OSError."""
    for line in _lately(public_id.encode()):
        if b'"issued"' in line and (content := parse(line)):
            told: dict[str, Any] = content["data"]
            if (told["kind"], told["about"]) == (kind, about):
                return told
    return None


def _lately(word: bytes) -> Iterator[bytes]:
    """The lines with a word in the journal's last file; also of the one before, if that is young."""
    files = journal_files(settings.JOURNAL_DIR, NAME)[-2:]
    for path in files:
        if path is files[-1] or files[-1].stat().st_size < LATELY:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - LATELY))
                yield from _lines_with(word, file.read())


def _lines_with(word: bytes, text: bytes) -> Iterator[bytes]:
    """Without cutting the others to pieces."""
    found = text.find(word)
    while found >= 0:
        start, end = text.rfind(b"\n", 0, found) + 1, text.find(b"\n", found)
        yield text[start:end] if end >= 0 else text[start:]
        found = text.find(word, end) if end >= 0 else -1


def told(order: Order, event: OrderEvent) -> dict[str, Any]:
    """What the journal says of an event. Amounts are minor units."""
    return {
        "event": event.kind,
        "event_id": event.pk,
        "order": order.public_id,
        "order_id": order.pk,
        "number": order.number,
        "status": str(order.status),
        "total": order.total,
        "refunded": order.refunded,
        "currency": order.currency,
        "livemode": order.livemode,
        "actor": event.actor,
        "happened": event.at.isoformat(),
    }


def told_of(order: Order, document: Invoice) -> dict[str, Any]:
    """What the journal says of an invoice or credit note. Amounts are minor units.

    Without the order's id: it is no testimony about the order, whose total may be another.
    """
    return {
        "event": ISSUED,
        "order": order.public_id,
        "number": order.number,
        "kind": str(document.kind),
        "about": document.about,
        "sequence": document.sequence,
        "document": document.number,
        "total": document.total,
        "currency": document.currency,
        "happened": document.issued_at.isoformat(),
    }


class _Documents:
    """The documents in the journal, by order, kind and matter. Reads on where it ended the last time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._read: dict[Path, int] = {}
        self._mutex = threading.Lock()

    def find(self, directory: Path, wanted: tuple[str, str, str]) -> dict[str, Any] | None:
        with self._mutex:
            for path in journal_files(directory, NAME):
                self._read[path] = self._read_on(path, self._read.get(path, 0))
            return self._known.get(wanted)

    def _read_on(self, path: Path, start: int) -> int:
        """Take up whole lines behind `start`; where they end."""
        with path.open("rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # being written
                start += len(line)
                if b'"issued"' in line and (content := parse(line.rstrip(b"\n"))):
                    told = content["data"]
                    if told.get("event") == ISSUED:
                        self._known[told["order"], told["kind"], told["about"]] = told
        return start


_documents = _Documents()
