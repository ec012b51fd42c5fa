from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.fakestripe.conftest import OpenSession, plain


def made(client: StripeClient, currency: str = "eur", amount: int = 490) -> str:
    params: Any = {
        "display_name": "Post",
        "fixed_amount": {"amount": amount, "currency": currency},
        "metadata": {"zone": "eu"},
    }
    return client.v1.shipping_rates.create(params).id


def test_a_stored_rate_ships_a_session(client: StripeClient, open_session: OpenSession) -> None:
    rate = made(client)
    session = open_session(shipping_options=[{"shipping_rate": rate}])
    assert session.amount_total == 2990
    assert session.shipping_cost is not None
    assert session.shipping_cost.shipping_rate == rate


def test_rates_are_listed_by_currency_and_can_be_archived(
    client: StripeClient, open_session: OpenSession
) -> None:
    euro, dollar = made(client), made(client, "usd")
    rates = client.v1.shipping_rates
    assert [one.id for one in rates.list({"currency": "usd"}).data] == [dollar]
    archived = rates.update(euro, {"active": False, "metadata": {"zone": ""}})
    assert (archived.active, plain(archived.metadata)) == (False, {})
    assert [one.id for one in rates.list({"active": True}).data] == [dollar]
    with pytest.raises(stripe.InvalidRequestError, match="active shipping rates"):
        open_session(shipping_options=[{"shipping_rate": euro}])


def test_a_rate_in_another_currency_ships_nothing(
    client: StripeClient, open_session: OpenSession
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        open_session(shipping_options=[{"shipping_rate": made(client, "usd")}])
    assert caught.value.param == "shipping_options[0][shipping_rate]"


def test_an_option_is_a_rate_or_the_making_of_one(open_session: OpenSession) -> None:
    data = {"display_name": "Post", "fixed_amount": {"amount": 1, "currency": "eur"}}
    with pytest.raises(stripe.InvalidRequestError, match="either `shipping_rate`"):
        open_session(shipping_options=[{"shipping_rate": "shr_x", "shipping_rate_data": data}])


def test_a_rate_costs_nothing_or_something(client: StripeClient) -> None:
    assert made(client, amount=0)
    with pytest.raises(stripe.InvalidRequestError, match="0 or more"):
        made(client, amount=-1)
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: fixed_amount"):
        client.v1.shipping_rates.create({"display_name": "Post"})
