"""What is put into a mail's envelope: the invoice with the receipt, the credit note with the refund."""

from datetime import datetime

from django.db.models import CharField, IntegerField

from bodega.databases.prepared import Parameter, Prepared
from bodega.orders.models import Invoice, Order
from bodega.orders.papers import archive
from bodega.orders.papers.printing import PrintFailed

PDF = "application/pdf"
Enclosure = tuple[str, bytes, str]  # file name, content, type
PAPER = Prepared(  # asked for every receipt
    lambda: Invoice.objects.filter(
        order=Parameter("order", IntegerField()),
        kind=Parameter("kind", CharField()),
        about=Parameter("about", CharField()),
    )
)


def enclosures(order: Order, kind: str, about: str, *, now: datetime) -> list[Enclosure]:
    """The paper that belongs to a mail, as a PDF; nothing where there is none.

    A paper that cannot be printed keeps no mail from the customer: the mail links to the order's page,
    which has it as soon as it is printed, and the printing job says what is wrong.
    """
    paper = paper_of(order, kind, about)
    if paper is None:
        return []
    try:
        archive.write_with_others(paper, now=now)
    except PrintFailed:
        return []
    return [(archive.file_name(paper), archive.read(paper) or b"", PDF)]


def paper_of(order: Order, kind: str, about: str) -> Invoice | None:
    """The invoice of a receipt, the credit note of a refund."""
    if kind == "receipt":
        return PAPER.first(order=order.pk, kind=Invoice.Kind.INVOICE, about="")
    if kind == "refunded":
        return PAPER.first(order=order.pk, kind=Invoice.Kind.CREDIT_NOTE, about=about)
    return None
