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
def print_documents() -> None:
    """Print what is new. Recurring."""
    archive.write_waiting(now=utc_now())
