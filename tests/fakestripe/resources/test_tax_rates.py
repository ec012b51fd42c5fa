import pytest
import stripe
from stripe import StripeClient

from fakestripe.bank import Bank
from fakestripe.resources import tax_rates
from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession
from tests.fakestripe.resources.test_sessions import line


def rate(client: StripeClient, percentage: float, inclusive: bool) -> str:
    return client.v1.tax_rates.create(
        {"display_name": "VAT", "percentage": percentage, "inclusive": inclusive}
    ).id


@pytest.mark.parametrize(("inclusive", "tax", "total"), [(True, 190, 1190), (False, 226, 1416)])
def test_tax_is_inside_the_price_or_on_top_of_it(
    client: StripeClient, open_session: OpenSession, inclusive: bool, tax: int, total: int
) -> None:
    item = line(1190) | {"tax_rates": [rate(client, 19, inclusive)]}
    session = open_session(line_items=[item])
    assert session.total_details is not None
    assert (session.amount_subtotal, session.amount_total) == (1190, total)
    assert session.total_details.amount_tax == tax
    (sold,) = client.v1.checkout.sessions.line_items.list(session.id).data
    assert (sold.amount_tax, sold.amount_total) == (tax, total)


def test_what_is_discounted_is_not_taxed(client: StripeClient, open_session: OpenSession) -> None:
    coupon = client.v1.coupons.create({"percent_off": 50}).id
    item = line(1000) | {"tax_rates": [rate(client, 10, False)]}
    session = open_session(line_items=[item], discounts=[{"coupon": coupon}])
    assert session.amount_total == 550


def test_the_page_shows_what_is_added(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    item = line(1000) | {"tax_rates": [rate(client, 10, False)]}
    session = open_session(line_items=[item])
    assert fake.pay(session.id)["outcome"] == "paid"
    assert fake.ledger()[0]["amount"] == 1100


def test_two_rates_split_one_price(bank: Bank) -> None:
    ids = [
        tax_rates.create(bank, {"display_name": "x", "inclusive": True, "percentage": text})["id"]
        for text in ("5", "9.975")
    ]
    sold = {"amount_total": 11498, "amount_tax": 0}
    tax_rates.tax_line(bank, sold, ids, "line_items[0]")
    assert sold == {"amount_total": 11498, "amount_tax": 500 + 998}


def test_a_rate_can_be_retired_and_then_taxes_nothing(
    client: StripeClient, open_session: OpenSession
) -> None:
    made = rate(client, 19, True)
    assert client.v1.tax_rates.update(made, {"active": False, "state": "CA"}).state == "CA"
    assert [one.id for one in client.v1.tax_rates.list({"active": False}).data] == [made]
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        open_session(line_items=[line() | {"tax_rates": [made]}])


@pytest.mark.parametrize("percentage", [-1, 100.1, 1.00001])
def test_a_percentage_is_one(client: StripeClient, percentage: float) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid percentage"):
        rate(client, percentage, True)
