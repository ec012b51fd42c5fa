import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession, plain, untyped
from tests.fakestripe.receiver import Receiver


def test_a_coupon_is_made_found_renamed_and_deleted(
    client: StripeClient, receiver: Receiver
) -> None:
    made = client.v1.coupons.create({"id": "SPRING", "percent_off": 12.5})
    assert (made.percent_off, made.duration, made.valid) == (12.5, "once", True)
    client.v1.coupons.update("SPRING", {"name": "Spring", "metadata": {"a": "b"}})
    found = client.v1.coupons.retrieve("SPRING")
    assert (found.name, plain(found.metadata)) == ("Spring", {"a": "b"})
    assert [one.id for one in client.v1.coupons.list().data] == ["SPRING"]
    assert client.v1.coupons.delete("SPRING").deleted
    for verb in ("created", "updated", "deleted"):
        receiver.wait_for(f"coupon.{verb}")
    with pytest.raises(stripe.InvalidRequestError, match="No such coupon"):
        client.v1.coupons.retrieve("SPRING")


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 10, "amount_off": 100, "currency": "eur"}, "percent_off"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 100.5}, "percent_off"),
        ({"amount_off": 100}, "currency"),
        ({"amount_off": 0, "currency": "eur"}, "amount_off"),
        ({"percent_off": 5, "max_redemptions": 0}, "max_redemptions"),
        ({"percent_off": 5, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 5, "applies_to": {"products": ["x"]}}, "applies_to"),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused(
    client: StripeClient, given: dict[str, object], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.coupons.create(untyped(**given))
    assert caught.value.param == param


def test_a_coupon_id_is_given_once(client: StripeClient) -> None:
    client.v1.coupons.create({"id": "SPRING", "percent_off": 5})
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        client.v1.coupons.create({"id": "SPRING", "percent_off": 5})


def test_a_coupon_is_used_up_by_sessions_that_complete(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    client.v1.coupons.create({"id": "ONE", "percent_off": 50, "max_redemptions": 1})
    session = open_session(discounts=[{"coupon": "ONE"}])
    assert client.v1.coupons.retrieve("ONE").valid
    fake.pay(session.id)
    used = client.v1.coupons.retrieve("ONE")
    assert (used.times_redeemed, used.valid) == (1, False)
    with pytest.raises(stripe.InvalidRequestError, match="used up"):
        open_session(discounts=[{"coupon": "ONE"}])


def test_a_coupon_ends_when_its_time_is_up(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    soon = int(fake.state()["now"]) + 3600
    client.v1.coupons.create({"id": "SOON", "percent_off": 50, "redeem_by": soon})
    assert open_session(discounts=[{"coupon": "SOON"}]).amount_total == 1250
    fake.advance(3601)
    assert [one.valid for one in client.v1.coupons.list().data] == [False]
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        open_session(discounts=[{"coupon": "SOON"}])
