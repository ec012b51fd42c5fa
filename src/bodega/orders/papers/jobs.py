"""Printing in the background. At least once; printing again gives the same file."""

from django_tasks import task

from bodega.lib.clock import utc_now
from bodega.orders.models import Invoice
from bodega.orders.papers import archive


@task
def print_document(invoice_id: int) -> None:
    """Print one that somebody waits for."""
    archive.write([Invoice.objects.get(pk=invoice_id)], now=utc_now())


@task
def print_documents(after: int = 0) -> None:
    """Print what is new, one press at a time. Recurring.

    What is left is another job: a run takes about a second, so a deploy waits for it and cuts none. One
    that takes longer than its generation lives is begun again and again, and given up in the end.
    """
    batch = archive.waiting(after)
    if len(batch) == archive.AT_ONCE:
        print_documents.enqueue(after=batch[-1].pk)
    archive.write_each(batch, now=utc_now())
