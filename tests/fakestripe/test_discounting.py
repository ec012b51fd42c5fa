import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from stripe import StripeClient

from fakestripe.discounting import shares
from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession
from tests.fakestripe.resources.test_sessions import line


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=20), st.data())
def test_a_discount_is_shared_to_the_cent_and_no_line_gets_more_than_it_costs(
    amounts: list[int], data: st.DataObject
) -> None:
    off = data.draw(st.integers(0, sum(amounts)))
    parts = shares(off, amounts)
    assert sum(parts) == off
    assert all(0 <= part <= amount for part, amount in zip(parts, amounts, strict=True))


def test_percent_off_lowers_lines_and_total_but_not_the_shipping(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    coupon = client.v1.coupons.create({"percent_off": 33.3}).id
    rate = {"display_name": "Post", "fixed_amount": {"amount": 490, "currency": "eur"}}
    session = open_session(
        line_items=[line(999), line(1)],
        discounts=[{"coupon": coupon}],
        shipping_options=[{"shipping_rate_data": rate}],
    )
    assert session.total_details is not None
    assert (session.amount_subtotal, session.total_details.amount_discount) == (1000, 333)
    assert session.amount_total == 1000 - 333 + 490
    lines = client.v1.checkout.sessions.line_items.list(session.id).data
    assert sum(item.amount_discount for item in lines) == 333
    assert sum(item.amount_total for item in lines) == 667
    fake.pay(session.id)
    assert fake.ledger()[0]["amount"] == 1157


def test_money_off_is_never_more_than_there_is_to_pay_and_in_its_own_currency(
    client: StripeClient, open_session: OpenSession
) -> None:
    coupon = client.v1.coupons.create({"amount_off": 700, "currency": "eur"}).id
    assert open_session(discounts=[{"coupon": coupon}]).amount_total == 1800
    with pytest.raises(stripe.InvalidRequestError, match="in eur and the session in usd"):
        open_session(currency="usd", discounts=[{"coupon": coupon}])
    with pytest.raises(stripe.InvalidRequestError, match="must convert to at least"):
        open_session(line_items=[line(600)], discounts=[{"coupon": coupon}])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"discounts": [{"coupon": "A", "promotion_code": "B"}]}, "either a `coupon`"),
        ({"discounts": [{"coupon": "A"}, {"coupon": "A"}]}, "only pass one discount"),
        ({"discounts": [{"coupon": "A"}], "allow_promotion_codes": True}, "only specify one"),
        ({"discounts": [{"promotion_code": "promo_none"}]}, "No such promotion_code"),
    ],
)
def test_a_discount_that_makes_no_sense_is_refused(
    client: StripeClient, open_session: OpenSession, given: dict[str, object], message: str
) -> None:
    client.v1.coupons.create({"id": "A", "percent_off": 10})
    with pytest.raises(stripe.InvalidRequestError, match=message):
        open_session(**given)
