import pytest
import stripe
from stripe import StripeClient

from tests.fakestripe.conftest import untyped


def test_a_price_is_made_changed_and_found(client: StripeClient) -> None:
    product = client.v1.products.create({"name": "Tide"}).id
    price = client.v1.prices.create(
        {"currency": "EUR", "unit_amount": 1250, "product": product, "lookup_key": "tide-a3"}
    )
    assert (price.currency, price.unit_amount, str(price.unit_amount_decimal)) == (
        "eur",
        1250,
        "1250",
    )
    assert client.v1.prices.list({"lookup_keys": ["tide-a3"]}).data[0].id == price.id
    assert client.v1.prices.list({"product": "prod_other"}).data == []
    assert not client.v1.prices.update(price.id, {"active": False}).active
    assert client.v1.prices.retrieve(price.id).type == "one_time"


def test_a_price_may_bring_its_product(client: StripeClient) -> None:
    price = client.v1.prices.create(
        {"currency": "eur", "unit_amount": 5, "product_data": {"name": "Ebb"}}
    )
    assert client.v1.products.retrieve(str(price.product)).name == "Ebb"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"currency": "eur", "product_data": {"name": "x"}}, "unit_amount"),
        ({"currency": "eur", "unit_amount": 5}, "product"),
        ({"currency": "eur", "unit_amount": 5, "product": "prod_none"}, "product"),
        ({"currency": "eur", "unit_amount": -5, "product_data": {"name": "x"}}, "unit_amount"),
        ({"currency": "eur", "unit_amount_decimal": "0.5", "product_data": {"name": "x"}},
         "unit_amount_decimal"),
        ({"unit_amount": 5, "product_data": {"name": "x"}}, "currency"),
    ],
)  # fmt: skip
def test_a_price_that_is_none_is_refused_by_name(
    client: StripeClient, params: dict[str, object], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.prices.create(untyped(**params))
    assert caught.value.param == param
