import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession, untyped


@pytest.fixture
def coupon(client: StripeClient) -> str:
    return client.v1.coupons.create({"percent_off": 20}).id


def code(client: StripeClient, coupon: str, **given: object) -> stripe.PromotionCode:
    promotion = {"type": "coupon", "coupon": coupon}
    return client.v1.promotion_codes.create(untyped(promotion=promotion, **given))


def test_a_code_redeems_its_coupon_and_counts(
    client: StripeClient, open_session: OpenSession, fake: Handle, coupon: str
) -> None:
    made = code(client, coupon, code="Tide20")
    session = open_session(discounts=[{"promotion_code": made.id}])
    assert session.amount_total == 2000
    discounts = session.discounts or []
    assert [(one.coupon, one.promotion_code) for one in discounts] == [(coupon, made.id)]
    fake.pay(session.id)
    assert client.v1.promotion_codes.retrieve(made.id).times_redeemed == 1
    assert client.v1.coupons.retrieve(coupon).times_redeemed == 1


def test_codes_are_found_by_word_in_any_case_and_by_coupon(
    client: StripeClient, coupon: str
) -> None:
    made = code(client, coupon, code="Tide20")
    other = code(client, client.v1.coupons.create({"percent_off": 5}).id)
    assert len(other.code) == 8
    assert [one.id for one in client.v1.promotion_codes.list({"code": "TIDE20"}).data] == [made.id]
    assert [one.id for one in client.v1.promotion_codes.list({"coupon": coupon}).data] == [made.id]
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        code(client, coupon, code="tIDE20")


@pytest.mark.parametrize(
    "given",
    [
        {"active": False},
        {"restrictions": {"minimum_amount": 2501, "minimum_amount_currency": "eur"}},
        {"restrictions": {"minimum_amount": 1, "minimum_amount_currency": "usd"}},
        {"expires_at": 1},
    ],
)
def test_a_code_that_does_not_apply_is_refused(
    client: StripeClient, open_session: OpenSession, coupon: str, given: dict[str, object]
) -> None:
    made = code(client, coupon, **given)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be redeemed"):
        open_session(discounts=[{"promotion_code": made.id}])


def test_a_code_of_one_customer_is_no_use_to_others(
    client: StripeClient, open_session: OpenSession, coupon: str
) -> None:
    ada = client.v1.customers.create({}).id
    discounts = [{"promotion_code": code(client, coupon, customer=ada).id}]
    assert open_session(customer=ada, customer_email=None, discounts=discounts).amount_total == 2000
    with pytest.raises(stripe.InvalidRequestError, match="cannot be redeemed"):
        open_session(discounts=discounts)


def test_a_code_can_be_switched_off(
    client: StripeClient, open_session: OpenSession, coupon: str
) -> None:
    made = code(client, coupon)
    assert open_session(discounts=[{"promotion_code": made.id}]).amount_total == 2000
    assert not client.v1.promotion_codes.update(made.id, {"active": False}).active
    with pytest.raises(stripe.InvalidRequestError, match="cannot be redeemed"):
        open_session(discounts=[{"promotion_code": made.id}])


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"code": "20 %"}, "code"),
        ({"customer": "cus_none"}, "customer"),
        ({"restrictions": {"minimum_amount": 5}}, "restrictions[minimum_amount_currency]"),
    ],
)
def test_a_code_that_makes_no_sense_is_refused(
    client: StripeClient, coupon: str, given: dict[str, object], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        code(client, coupon, **given)
    assert caught.value.param == param
