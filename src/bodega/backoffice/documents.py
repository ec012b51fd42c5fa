"""Invoices, credit notes and packing slips: to look at, to download, to hand to the accountant."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from bodega.backoffice.editing import ReadOnly, ShopAdmin
from bodega.lib.clock import utc_now
from bodega.lib.money import Money
from bodega.orders import downloads, invoicing
from bodega.orders.models import Invoice, Order
from bodega.orders.papers import slips

COLUMNS = (
    *("number", "kind", "issued", "order", "corrects", "buyer", "country"),
    *("currency", "net", "tax", "total"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run (OWASP, "CSV injection")


@staff_member_required
@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """A document's PDF."""
    check_may(request, "orders.view_invoice")
    return downloads.hand_out(request, get_object_or_404(Invoice, pk=pk))


@staff_member_required
@require_safe
def packing_slip(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes into an order's parcel; `?parcel=2`: into its second."""
    check_may(request, "orders.view_order")
    order = get_object_or_404(Order, pk=pk)
    n = request.GET.get("parcel", "")
    parcel = get_object_or_404(order.shipments, n=int(n)) if n.isdecimal() else None
    name = f"packing-slip-{order.number}{f'-{parcel.n}' if parcel else ''}.pdf"
    headers = {
        "Content-Type": "application/pdf",
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": "no-store, private",
    }
    return HttpResponse(slips.packing_slip(order, parcel), headers=headers)


@staff_member_required
@require_POST
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue the invoice of a paid order that has none: one from before the shop issued any."""
    check_may(request, "orders.change_order")
    order = get_object_or_404(Order, pk=pk)
    if not order.is_paid:
        messages.error(request, "An order gets its invoice when it is paid, and this one is not.")
    else:
        with transaction.atomic():
            issued = invoicing.issue_invoice(order, at=utc_now())
        messages.success(request, f"Invoice {issued.number} is the order's invoice.")
    return HttpResponseRedirect(reverse("admin:orders_order_change", args=(order.pk,)))


def check_may(request: HttpRequest, permission: str) -> None:
    """Raises PermissionDenied."""
    if not request.user.has_perm(permission):
        raise PermissionDenied("Your role does not include this. Ask who manages people here.")


@admin.register(Invoice)
class InvoiceAdmin(ReadOnly, ShopAdmin):
    list_display = ("number", "kind", "order", "buyer", "issued_at", "net", "taxed", "sum", "file")
    list_filter = ("kind", ("issued_at", admin.DateFieldListFilter), "currency")
    search_fields = ("number", "order__number", "order__email", "order__addresses__name")
    search_help_text = "Number, order, e-mail or name"
    list_select_related = ("order", "corrects")
    date_hierarchy = "issued_at"
    fields = ("number", "kind", "order", "corrects", "buyer", "issued_at", "net", "taxed", "sum")
    actions = ("export",)

    @admin.display(description="customer")
    def buyer(self, document: Invoice) -> str:
        return buyer_of(document)[0]

    @admin.display(description="net")
    def net(self, document: Invoice) -> str:
        return str(Money(document.total - document.tax, document.currency))

    @admin.display(description="tax", ordering="tax")
    def taxed(self, document: Invoice) -> str:
        return str(Money(document.tax, document.currency))

    @admin.display(description="total", ordering="total")
    def sum(self, document: Invoice) -> str:
        return str(document.total_money)

    @admin.display(description="PDF")
    def file(self, document: Invoice) -> str:
        return format_html('<a href="{}">PDF</a>', reverse("order_document", args=(document.pk,)))

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(self, _request: HttpRequest, chosen: "QuerySet[Invoice]") -> StreamingHttpResponse:
        """The chosen documents, oldest first; a credit note's amounts are negative."""
        rows = chosen.select_related("order", "corrects").order_by("issued_at", "pk")
        return StreamingHttpResponse(
            lines(rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="invoices.csv"'},
        )


class _Line:
    """What `csv` writes into: hands each line on."""

    def write(self, text: str) -> str:
        return text


def lines(documents: "QuerySet[Invoice]") -> Iterator[str]:
    """CSV, a line each, in major units with a point; never all of them in memory."""
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for document in documents.iterator(chunk_size=500):
        yield writer.writerow([harmless(str(value)) for value in row(document)])


def row(document: Invoice) -> list[Any]:
    """The values of COLUMNS."""
    sign = -1 if document.kind == Invoice.Kind.CREDIT_NOTE else 1
    amounts = (document.total - document.tax, document.tax, document.total)
    return [
        document.number,
        document.kind,
        timezone.localtime(document.issued_at).date().isoformat(),
        document.order.number,
        document.corrects.number if document.corrects else "",
        *buyer_of(document),
        document.currency,
        *(Money(sign * amount, document.currency).decimal for amount in amounts),
    ]


def buyer_of(document: Invoice) -> tuple[str, str]:
    """Whom it names, and the country."""
    buyer = document.content.get("buyer") or {}
    name = buyer.get("company") or buyer.get("name") or document.order.email
    return name, buyer.get("country", "")


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    is_number = text.lstrip("-").replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(FORMULA) and not is_number else text
