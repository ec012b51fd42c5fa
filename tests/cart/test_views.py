"""The cart over HTTP."""

from django.test import Client

from bodega.catalog.models import Variant


def test_an_empty_cart_says_so(client: Client, merchant: object) -> None:
    page = client.get("/cart/")
    assert page.status_code == 200
    assert "There is nothing in it yet" in page.text


def test_adding_answers_303_to_the_cart(client: Client, variant: Variant) -> None:
    answer = client.post("/cart/lines/", {"variant": variant.pk, "quantity": 2})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/cart/?added={variant.sku}"
    page = client.get(answer.headers["Location"])
    assert "“Dunes (A3 / oak)” is in your cart" in page.text
