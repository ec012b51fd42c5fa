"""Handing out printed documents: to the customer by the order's address, to the staff by theirs."""

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from bodega import outbox
from bodega.orders.models import Invoice
from bodega.orders.papers import archive
from bodega.orders.papers.jobs import print_document
from bodega.orders.privacy import private

RETRY_SECONDS = 2
ASK_AGAIN_SECONDS = 20  # a document that is asked for is not printed more often


@require_safe
@private
def document(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """An invoice or credit note of an order, as PDF."""
    found = get_object_or_404(Invoice, pk=pk, order__public_id=public_id)
    return hand_out(request, found)


def hand_out(request: HttpRequest, document: Invoice) -> HttpResponse:
    """The PDF as a download; while it is not printed, 404 with a page that asks again."""
    pdf = archive.read(document)
    if pdf is None:
        have_printed(document)
        return not_yet(request, document)
    headers = {
        "Content-Type": "application/pdf",
        "Content-Disposition": f'attachment; filename="{archive.file_name(document)}"',
        "Cache-Control": "no-store, private",
    }
    return HttpResponse(pdf, headers=headers)


def have_printed(document: Invoice) -> None:
    """Leave it to the worker, once for however many who ask."""
    if cache.add(f"print-{document.pk}", 1, ASK_AGAIN_SECONDS):
        with transaction.atomic():
            outbox.put(print_document, document.pk)


def not_yet(request: HttpRequest, document: Invoice) -> HttpResponse:
    """A page that comes back by itself."""
    words = {"document": document, "seconds": RETRY_SECONDS}
    response = render(request, "orders/document_waiting.html", words, status=404)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store, private"
    return response
