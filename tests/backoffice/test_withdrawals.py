"""The merchant decides about a withdrawal, and sees which are waiting."""

from typing import Any

import pytest
from django.test import Client

from bodega.lib.clock import utc_now
from bodega.orders import withdrawing
from bodega.orders.models import Order, Withdrawal
from bodega.orders.statements import Statement
from tests.till import bank, buyer, merchant, order, paid, variant

__all__ = ["bank", "buyer", "merchant", "order", "paid", "variant"]
pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture
def withdrawal(paid: Order) -> Withdrawal:
    row = withdrawing.file(Statement(paid.number, "Ada", paid.email), at=utc_now())
    assert row
    return row


def decide(office: Client, row: Withdrawal, **words: str) -> Any:
    form = {name.replace("reason", f"withdrawal{row.pk}-reason"): v for name, v in words.items()}
    return office.post(f"/backoffice/withdrawals/{row.pk}/decision/", form, follow=True)


def test_it_is_on_the_list_and_on_the_order(office: Client, withdrawal: Withdrawal) -> None:
    listed = office.get("/backoffice/orders/withdrawal/").content.decode()
    for said in ("To be decided", withdrawal.order.number, "the whole order", "in time"):
        assert said in listed
    page = office.get(f"/backoffice/orders/order/{withdrawal.order_id}/change/").content.decode()
    for said in ("Accept, then refund", "UTC", "not every parcel is marked as delivered"):
        assert said in page


def test_accepting_leads_to_the_refund_form_filled_in(
    office: Client, withdrawal: Withdrawal
) -> None:
    response = decide(office, withdrawal, accept="1")
    assert response.redirect_chain[-1][0].endswith("/refunds/?all=1")
    withdrawal.refresh_from_db()
    assert (withdrawal.state, withdrawal.actor) == ("accepted", "owner@example.com")
    again = decide(office, withdrawal, refuse="1", reason="No")
    assert "decided before" in again.content.decode()


def test_refusing_needs_a_reason(office: Client, withdrawal: Withdrawal) -> None:
    assert "Say why it is refused" in decide(office, withdrawal, refuse="1").content.decode()
    withdrawal.refresh_from_db()
    assert withdrawal.state == "confirmed"
    page = decide(office, withdrawal, refuse="1", reason="Made to measure.").content.decode()
    assert "Made to measure." in page


def test_a_reason_that_is_too_long_says_so(office: Client, withdrawal: Withdrawal) -> None:
    page = decide(office, withdrawal, refuse="1", reason="x" * 400).content.decode()
    assert "at most 380" in page


def test_the_customer_reads_what_was_decided(
    office: Client, client: Client, withdrawal: Withdrawal
) -> None:
    def seen() -> str:
        return client.get(withdrawal.order.get_absolute_url()).content.decode()

    assert "we are looking into it" in seen()
    decide(office, withdrawal, refuse="1", reason="Made to measure.")
    assert "Refused" in seen()
    assert "Made to measure." in seen()
