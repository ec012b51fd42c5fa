import pytest
from django.test import Client

from bodega.orders.models import Order

pytestmark = pytest.mark.django_db


def test_the_order_page_tells_the_whole_story(office: Client, order: Order) -> None:
    page = office.get(f"/backoffice/orders/order/{order.pk}/change/").content.decode()
    for text in ("B-1001", "Ada Byron", "DAWN-A3", "€34.40", "Paid: pack it and send it."):
        assert text in page


def test_a_note_is_added_to_the_timeline_with_its_author(office: Client, order: Order) -> None:
    office.post(
        f"/backoffice/orders/order/{order.pk}/change/",
        {"new_note": "Gift wrap, please", "is_public": ""},
    )
    event = order.events.get(kind="note")
    assert (event.message, event.actor, event.is_public) == (
        "Gift wrap, please",
        "owner@example.com",
        False,
    )


def test_an_empty_note_writes_nothing(office: Client, order: Order) -> None:
    office.post(f"/backoffice/orders/order/{order.pk}/change/", {"new_note": ""})
    assert order.events.count() == 0


def test_an_order_cannot_be_deleted_or_made_by_hand(office: Client, order: Order) -> None:
    assert office.get(f"/backoffice/orders/order/{order.pk}/delete/").status_code == 403
    assert office.get("/backoffice/orders/order/add/").status_code == 403
    assert Order.objects.filter(pk=order.pk).exists()


@pytest.mark.parametrize("words", ["B-1001", "ada@example", "Byron", "DAWN"])
def test_an_order_is_found_by_what_people_know(office: Client, order: Order, words: str) -> None:
    page = office.get("/backoffice/orders/order/", {"q": words}).content.decode()
    assert "B-1001" in page
    assert "B-1001" not in office.get("/backoffice/orders/order/", {"q": "nobody"}).content.decode()
