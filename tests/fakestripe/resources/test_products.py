import pytest
import stripe
from stripe import StripeClient

from tests.fakestripe.conftest import OpenSession, plain


def test_a_product_is_made_changed_found_and_deleted(client: StripeClient) -> None:
    product = client.v1.products.create({"name": "Tide", "id": "tide", "metadata": {"a": "1"}})
    changed = client.v1.products.update("tide", {"name": "Ebb", "description": "", "active": False})
    assert (changed.name, changed.description, changed.active) == ("Ebb", None, False)
    assert [one.id for one in client.v1.products.list({"active": False}).data] == [product.id]
    assert client.v1.products.list({"active": True}).data == []
    assert plain(client.v1.products.list({"ids": ["tide"]}).data[0].metadata) == {"a": "1"}
    assert client.v1.products.delete("tide").deleted
    with pytest.raises(stripe.InvalidRequestError, match="No such product"):
        client.v1.products.retrieve("tide")


def test_an_id_is_given_once(client: StripeClient) -> None:
    client.v1.products.create({"name": "Tide", "id": "tide"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.products.create({"name": "Tide", "id": "tide"})
    assert caught.value.code == "resource_already_exists"


def test_a_product_with_a_price_is_not_deleted(client: StripeClient) -> None:
    product = client.v1.products.create({"name": "Tide"})
    client.v1.prices.create({"currency": "eur", "unit_amount": 5, "product": product.id})
    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        client.v1.products.delete(product.id)


def test_the_product_of_a_line_is_a_product_like_any_other(
    client: StripeClient, open_session: OpenSession
) -> None:
    open_session()
    assert [one.name for one in client.v1.products.list().data] == ["Tide, A3"]
