import pytest
from django.test import Client

from bodega.catalog.models import Movement, Stock, Variant

pytestmark = pytest.mark.django_db


def book(office: Client, variant: Variant, **values: object) -> str:
    data = {"change": "", "reason": "received", "remark": "", "low_at": "5", "is_tracked": "on"}
    answer = office.post(
        f"/backoffice/catalog/stock/{variant.pk}/change/", {**data, **values}, follow=True
    )
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_booking_changes_the_number_and_writes_the_ledger(
    office: Client, variant: Variant
) -> None:
    book(office, variant, change="8", remark="delivery 17")
    assert Stock.objects.get(pk=variant.pk).on_hand == 20
    movement = Movement.objects.filter(variant=variant).latest("pk")
    assert (movement.on_hand_delta, movement.reason, movement.note) == (
        8,
        "received",
        "delivery 17",
    )
    assert movement.actor == "owner@example.com"


def test_more_than_there_is_cannot_leave(office: Client, variant: Variant) -> None:
    page = book(office, variant, change="-13", reason="damaged")
    assert "There are only 12 on hand" in page
    assert Stock.objects.get(pk=variant.pk).on_hand == 12


def test_saving_rules_books_nothing(office: Client, variant: Variant) -> None:
    before = Movement.objects.count()
    book(office, variant, low_at="3")
    row = Stock.objects.get(pk=variant.pk)
    assert (row.low_at, row.on_hand, Movement.objects.count()) == (3, 12, before)


def test_levels_can_be_filtered(office: Client, variant: Variant) -> None:
    page = office.get("/backoffice/catalog/stock/", {"level": "low"}).content.decode()
    assert "DAWN-A3" not in page
    Stock.objects.filter(pk=variant.pk).update(on_hand=4)
    page = office.get("/backoffice/catalog/stock/", {"level": "low"}).content.decode()
    assert "DAWN-A3" in page


def test_a_booking_that_is_sent_again_is_booked_once(office: Client, variant: Variant) -> None:
    address = f"/backoffice/catalog/stock/{variant.pk}/change/"
    page = office.get(address)
    key = page.context["repeat_key"]
    assert f'name="idempotency_key" value="{key}"' in page.content.decode()
    first = book(office, variant, change="8", idempotency_key=key)
    second = book(office, variant, change="8", idempotency_key=key)
    assert "changed successfully" in first
    assert "nothing was done a second time" in second
    assert Stock.objects.get(pk=variant.pk).on_hand == 20
    other = book(office, variant, change="9", idempotency_key=key)
    assert "sent before with other words" in other
    assert Stock.objects.get(pk=variant.pk).on_hand == 20
    book(office, variant, change="8")
    assert Stock.objects.get(pk=variant.pk).on_hand == 28, "the control: without a key"
