"""Pack and ship, from the order's page."""

import re
from typing import Any

import pytest
from django.test import Client

from bodega.customers.models import User
from bodega.orders.models import Order, Shipment
from tests.till import bank, buyer, merchant, order, paid, variant

__all__ = ["bank", "buyer", "merchant", "order", "paid", "variant"]
pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def page_of(office: Client, order: Order) -> str:
    return office.get(f"/backoffice/orders/order/{order.pk}/change/").content.decode()


def post(office: Client, order: Order, count: object = 1, n: int = 1, **words: str) -> Any:
    form = {f"parcel-line{order.lines.get().pk}": str(count), "parcel-n": str(n)}
    form |= {f"parcel-{name}": value for name, value in words.items()}
    return office.post(f"/backoffice/orders/order/{order.pk}/parcels/", form, follow=True)


def test_the_form_is_filled_in_with_what_remains(office: Client, paid: Order) -> None:
    name = f"parcel-line{paid.lines.get().pk}"
    assert re.search(rf'name="{name}" value="2"', page_of(office, paid))
    page = post(office, paid, 1, carrier="DHL", number="0034").content.decode()
    assert "Parcel 1 is on its way" in page
    assert re.search(rf'name="{name}" value="1"', page)
    assert "1 of 2" in page
    parcel = Shipment.objects.get()
    assert (parcel.actor, parcel.carrier) == ("owner@example.com", "DHL")
    assert parcel.tracking_url in page.replace("&amp;", "&")


def test_when_all_has_left_there_is_no_form(office: Client, paid: Order) -> None:
    page = post(office, paid, 2).content.decode()
    assert 'name="parcel-n"' not in page
    assert "Everything has left." in page


def test_a_double_click_is_one_parcel(office: Client, paid: Order) -> None:
    post(office, paid)
    page = post(office, paid).content.decode()
    assert "Nothing was shipped twice." in page
    assert Shipment.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"count": 3}, "2 remain to be shipped"),
        ({"count": 0}, "Nothing is in the parcel"),
        ({"count": "x"}, "whole number"),
        ({"url": "http://dhl.com/1"}, "must begin with https"),
        ({"url": "javascript:alert(1)"}, "valid URL"),
    ],
)
def test_a_mistake_is_explained_and_what_was_typed_stays(
    office: Client, paid: Order, words: dict[str, Any], why: str
) -> None:
    response = post(office, paid, carrier="Uncle Tom", **words)
    assert response.status_code == 422
    assert why in response.content.decode()
    assert 'value="Uncle Tom"' in response.content.decode()
    assert not Shipment.objects.exists()


def test_a_parcel_arrives(office: Client, paid: Order) -> None:
    post(office, paid)
    parcel = Shipment.objects.get()
    for said in ("From today on", "noted before"):
        response = office.post(f"/backoffice/parcels/{parcel.pk}/arrival/", follow=True)
        assert said in response.content.decode()
    parcel.refresh_from_db()
    assert parcel.delivered_at


def test_many_orders_are_shipped_at_once_and_what_cannot_be_is_named(
    office: Client, paid: Order
) -> None:
    waiting = Order.objects.create(
        number="B-7", checkout_key="7", email="a@b.c", currency="EUR", prices_include_tax=True,
        subtotal=0, total=0, placed_at=paid.placed_at,
    )  # fmt: skip
    chosen = {"action": "mark_shipped", "_selected_action": [paid.pk, waiting.pk]}
    page = office.post("/backoffice/orders/order/", chosen, follow=True).content.decode()
    assert "1 order is shipped" in page
    assert "B-7 cannot be shipped: it is awaiting payment" in page
    paid.refresh_from_db()
    assert paid.status == Order.Status.FULFILLED


def test_only_who_may_change_orders_ships(client: Client, paid: Order) -> None:
    client.force_login(User.objects.create_user("new@example.com", "secret-enough", is_staff=True))
    assert post(client, paid).status_code == 403
    client.logout()
    assert "/login/" in post(client, paid).redirect_chain[0][0]
    assert not Shipment.objects.exists()
