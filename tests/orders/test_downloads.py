"""Downloading documents: only with the order's address, only when printed, kept by nobody."""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from bodega.jobs.models import Job
from bodega.lib.clock import utc_now
from bodega.orders.models import Invoice, Order
from bodega.orders.papers import archive
from bodega.orders.paying import mark_paid
from bodega.outbox.models import Message
from bodega.outbox.testing import drain
from tests.orders.papers.samples import text_of

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture(autouse=True)
def folder(volume: Path, settings: Any) -> None:
    settings.VOLUME = volume
    cache.clear()  # who asked for which document, in the test before


@pytest.fixture
def invoice(order: Order) -> Invoice:
    with transaction.atomic():
        mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
    return Invoice.objects.get()


def address(invoice: Invoice) -> str:
    return f"/orders/{invoice.order.public_id}/documents/{invoice.pk}/"


def test_the_orders_page_links_to_the_invoice(client: Client, invoice: Invoice) -> None:
    page = client.get(invoice.order.get_absolute_url()).content.decode()
    assert address(invoice) in page
    assert "Invoice INV-00001 (PDF)" in page


def test_an_order_that_is_not_paid_has_none(client: Client, order: Order) -> None:
    assert "/documents/" not in client.get(order.get_absolute_url()).content.decode()


def test_a_printed_document_is_downloaded_and_kept_by_nobody(
    client: Client, invoice: Invoice
) -> None:
    archive.write([invoice], now=utc_now())
    response = client.get(address(invoice))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="INV-00001.pdf"'
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "INV-00001" in text_of(response.content)


def test_until_it_is_printed_a_page_asks_again_and_the_worker_is_asked_once(
    client: Client, invoice: Invoice
) -> None:
    for _ in range(3):
        response = client.get(address(invoice))
        assert response.status_code == 404
        assert response["Retry-After"] == "2"
        assert "is being written" in response.content.decode()
    assert Message.objects.filter(task__endswith="print_document").count() == 1
    drain()
    assert not Job.objects.filter(state="failed").exists()
    assert client.get(address(invoice)).status_code == 200


def test_a_file_that_is_gone_comes_back(client: Client, invoice: Invoice) -> None:
    archive.write([invoice], now=utc_now())
    archive.path_of(invoice).unlink()
    assert client.get(address(invoice)).status_code == 404
    drain()
    assert client.get(address(invoice)).status_code == 200


def test_another_orders_address_does_not_lead_to_it(client: Client, invoice: Invoice) -> None:
    archive.write([invoice], now=utc_now())
    assert client.get(f"/orders/{'0' * 32}/documents/{invoice.pk}/").status_code == 404
    assert client.get(f"/media/documents/{archive.path_of(invoice).name}").status_code == 404
    assert client.post(address(invoice)).status_code == 405


def test_a_number_with_slashes_is_a_file_name_without(client: Client, invoice: Invoice) -> None:
    Invoice.objects.update(number="2026/11/00001")
    archive.write([invoice], now=utc_now())
    name = client.get(address(invoice))["Content-Disposition"]
    assert name == 'attachment; filename="2026-11-00001.pdf"'
