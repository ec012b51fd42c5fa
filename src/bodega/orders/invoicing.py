"""Invoices and credit notes: issued in the transaction of the money they are about.

Every order that is paid gets an invoice: by money, at a total of zero, or rebuilt from Stripe. A refund
gets a credit note. Both are frozen when they are issued (`papers.contents`); printing comes later.

Two decisions. Money that was set aside (`amount_differs`) is no payment of the order, so it has no
invoice until somebody decides. A free order has one, so that "paid orders without an invoice" is a
question with an answer: none.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, IntegerField, OuterRef

from bodega.databases.prepared import Parameter, Prepared
from bodega.merchant.models import Merchant
from bodega.orders import journaling, numbering
from bodega.orders.models import Invoice, Order, OrderLine
from bodega.orders.papers import contents
from bodega.orders.papers.contents import ADDRESS, LINE, Content
from bodega.orders.papers.crediting import Asked, credit

# Who pays may have paid before, and been restored since: so the journal is asked. About an order that is
# younger than this only its end.
LATE = timedelta(minutes=30)
LINE_COLUMNS = ("lines__pk", *(f"lines__{field}" for field in LINE))
ADDRESS_COLUMNS = ("addresses__kind", *(f"addresses__{field}" for field in ADDRESS))


# Lines, addresses and whether there is an invoice in one statement: it runs for every payment. Each
# line comes with each of the one or two addresses.
PARTS = Prepared(
    lambda: (
        Order.objects.filter(pk=Parameter("order", IntegerField()))
        .order_by("lines__pk", "addresses__kind")
        .values_list(
            Exists(Invoice.objects.filter(order=OuterRef("pk"), kind=Invoice.Kind.INVOICE)),
            *LINE_COLUMNS,
            *ADDRESS_COLUMNS,
        )
    )
)


class Parts(NamedTuple):
    """What an order consists of, and whether it has its invoice."""

    is_invoiced: bool
    lines: list[dict[str, Any]]
    addresses: list[dict[str, Any]]


def issue_invoice(order: Order, *, at: datetime, merchant: Merchant | None = None) -> Invoice:
    """The invoice of an order that is paid at `at`; inside the payment's transaction. Three statements,
    and one for the merchant unless given.

    An order has one invoice: a second call returns it. Raises NoTransaction.
    """
    parts = parts_of(order)
    known = order_invoice(order) if parts.is_invoiced else None
    if known:
        return known
    merchant = merchant or Merchant.current()
    said = contents.invoice(order, parts.lines, parts.addresses, merchant, at)
    invoice = Invoice(order=order, kind=Invoice.Kind.INVOICE, issued_at=at)
    return _issue(invoice, said, merchant.invoice_prefix)


def issue_credit_note(
    order: Order,
    *,
    about: str,
    total: int,
    lines: Iterable[tuple[OrderLine, int, int]] = (),
    shipping: int = 0,
    at: datetime,
) -> Invoice | None:
    """A credit note over a refund; inside its transaction. The same `about` again: the same note.

    `about`: the refund's key. `total`, `shipping` and the amounts of `lines` (line, how many, how much)
    are what the customer gets back, tax contained, in minor units; what is neither a line's nor
    shipping's is stated as a reduction. Never more than is left of the invoice is credited: None when
    nothing is left, or when there never was an invoice.
    """
    known = order.invoices.filter(kind=Invoice.Kind.CREDIT_NOTE, about=about).first()
    if known:
        return known
    invoice = order_invoice(order)
    if invoice is None:
        return None
    earlier = list(invoice.credit_notes.values_list("content", flat=True))
    named = [(_fields(line), quantity, amount) for line, quantity, amount in lines]
    given = credit(invoice.content, earlier, Asked(total, named, shipping))
    if given.total <= 0:
        return None
    merchant = Merchant.current()
    note = Invoice(order=order, kind=Invoice.Kind.CREDIT_NOTE, about=about, issued_at=at)
    note.corrects = invoice
    said = contents.credit_note(order, invoice, given, merchant, at)
    return _issue(note, said, merchant.credit_note_prefix)


def order_invoice(order: Order) -> Invoice | None:
    """The order's invoice; None before it is paid."""
    return order.invoices.filter(kind=Invoice.Kind.INVOICE).first()


def parts_of(order: Order) -> Parts:
    """An order's lines and addresses, as dicts."""
    rows = PARTS.rows(order=order.pk)
    start = 1 + len(LINE_COLUMNS)
    lines = {row[1]: dict(zip(LINE, row[2:start], strict=True)) for row in rows if row[1]}
    addresses = {
        row[start]: dict(zip(("kind", *ADDRESS), row[start:], strict=True))
        for row in rows
        if row[start]
    }
    return Parts(bool(rows and rows[0][0]), list(lines.values()), list(addresses.values()))


def _issue(document: Invoice, said: Content, prefix: str) -> Invoice:
    """Give the document its number and write it; the journal hears of it."""
    order, kind = document.order, document.kind
    is_old = order.is_recovered or document.issued_at - order.placed_at > LATE
    place = numbering.regain(order, kind, document.about, lately=not is_old)
    document.sequence, document.number = place or numbering.take(kind, prefix)
    document.content = {**said, "number": document.number}
    document.currency, document.total, document.tax = order.currency, said["total"], said["tax"]
    document.save(force_insert=True)
    journaling.write_down_document(order, document)
    return document


def _fields(line: OrderLine) -> dict[str, Any]:
    return {field: getattr(line, field) for field in LINE}
