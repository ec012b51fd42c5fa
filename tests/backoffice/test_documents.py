"""Papers in the back office: lists, downloads, CSV, and the slip for the parcel."""

import csv
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from bodega.backoffice.documents import harmless
from bodega.customers.models import User
from bodega.lib.clock import utc_now
from bodega.orders import invoicing
from bodega.orders.models import Invoice, Order
from bodega.orders.papers import archive
from tests.backoffice.conftest import PASSWORD
from tests.orders.papers.samples import text_of

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture(autouse=True)
def folder(volume: Path, settings: Any) -> None:
    settings.VOLUME = volume


@pytest.fixture
def invoice(order: Order) -> Invoice:
    with transaction.atomic():
        return invoicing.issue_invoice(order, at=utc_now())


def page_of(order: Order) -> str:
    return f"/backoffice/orders/order/{order.pk}/"


def test_the_orders_page_has_invoice_and_packing_slip(office: Client, invoice: Invoice) -> None:
    page = office.get(page_of(invoice.order) + "change/").content.decode()
    assert "Invoice INV-00001" in page
    assert f"/backoffice/documents/{invoice.pk}/" in page
    assert page_of(invoice.order) + "packing-slip/" in page


def test_the_list_shows_documents_that_nobody_can_change(office: Client, invoice: Invoice) -> None:
    page = office.get("/backoffice/orders/invoice/").content.decode()
    for words in ("INV-00001", "Ada Byron", "B-1001", "€34.40"):
        assert words in page
    address = f"/backoffice/orders/invoice/{invoice.pk}/"
    assert office.post(address + "change/", {"number": "X"}).status_code == 403
    assert office.get(address + "delete/").status_code == 403


def test_a_document_is_downloaded_by_those_who_may(
    office: Client, client: Client, invoice: Invoice
) -> None:
    address = f"/backoffice/documents/{invoice.pk}/"
    archive.write([invoice], now=utc_now())
    assert office.get(address)["Content-Type"] == "application/pdf"
    client.force_login(User.objects.create_user("s@example.com", PASSWORD, is_staff=True))
    assert client.get(address).status_code == 403
    client.logout()
    assert client.get(address).status_code == 302


def test_the_packing_slip_is_printed_when_it_is_asked_for(office: Client, order: Order) -> None:
    response = office.get(page_of(order) + "packing-slip/")
    assert response["Content-Disposition"] == 'inline; filename="packing-slip-B-1001.pdf"'
    assert "DAWN-A3" in text_of(response.content)
    assert office.get(page_of(order) + "packing-slip/?parcel=7").status_code == 404


def test_an_order_from_before_the_first_invoice_can_be_given_one(
    office: Client, order: Order
) -> None:
    assert "Issue the invoice" in office.get(page_of(order) + "change/").content.decode()
    office.post(page_of(order) + "invoice/")
    assert Invoice.objects.get().order == order
    Order.objects.create(
        number="B-2",
        checkout_key="2",
        email="a@example.com",
        currency="EUR",
        prices_include_tax=True,
        subtotal=1,
        total=1,
        placed_at=utc_now(),
    )
    office.post(page_of(Order.objects.get(number="B-2")) + "invoice/")
    assert Invoice.objects.count() == 1, "one that is not paid gets none"


def exported(office: Client) -> list[dict[str, str]]:
    chosen = list(Invoice.objects.values_list("pk", flat=True))
    response = office.post(
        "/backoffice/orders/invoice/", {"action": "export", "_selected_action": chosen}
    )
    assert response["Content-Type"].startswith("text/csv")
    text = response.getvalue().decode()
    return list(csv.DictReader(text.splitlines()))


def test_the_export_has_a_line_for_each_in_major_units(office: Client, invoice: Invoice) -> None:
    Order.objects.update(taxes=[{"name": "VAT 19 %", "ppm": 190_000, "net": 2891, "tax": 549}])
    Invoice.objects.all().delete()
    invoice.order.refresh_from_db()
    with transaction.atomic():
        invoicing.issue_invoice(invoice.order, at=utc_now())
        invoicing.issue_credit_note(invoice.order, about="r", total=1000, at=utc_now())
    first, second = exported(office)
    assert (first["kind"], first["buyer"], first["country"]) == ("invoice", "Ada Byron", "DE")
    assert (first["net"], first["tax"], first["total"]) == ("28.91", "5.49", "34.40")
    assert (second["kind"], second["corrects"]) == ("credit_note", first["number"])
    assert (second["net"], second["tax"], second["total"]) == ("-8.40", "-1.60", "-10.00")


def test_a_customers_name_is_no_formula(office: Client, invoice: Invoice) -> None:
    content = invoice.content | {"buyer": {"name": "=HYPERLINK(1)", "country": "DE"}}
    Invoice.objects.update(content=content)
    assert exported(office)[0]["buyer"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1+1", "'=1+1"), ("@a", "'@a"), ("-5.00", "-5.00"), ("-x", "'-x"), ("Ada", "Ada")],
)
def test_cells_that_a_spreadsheet_would_run_are_quoted(text: str, cell: str) -> None:
    assert harmless(text) == cell
