from typing import Any

import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession, plain, untyped
from tests.fakestripe.receiver import Receiver


def line(amount: int = 1000, quantity: int = 1, **price: object) -> dict[str, object]:
    data = {"currency": "eur", "unit_amount": amount, "product_data": {"name": "x"}, **price}
    return {"quantity": quantity, "price_data": data}


def refused(open_session: OpenSession, **given: object) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        open_session(**given)
    return caught.value


def test_a_session_is_open_unpaid_and_has_a_page(open_session: OpenSession, fake: Handle) -> None:
    session = open_session()
    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.url == f"{fake.base_url}/c/pay/{session.id}"
    assert session.ui_mode == "hosted_page"
    assert session.payment_intent is None
    assert not session.livemode


def test_a_session_adds_up_its_lines_and_the_first_way_to_ship(open_session: OpenSession) -> None:
    rate = {"type": "fixed_amount", "display_name": "Post",
            "fixed_amount": {"amount": 490, "currency": "eur"}}  # fmt: skip
    session = open_session(
        line_items=[line(1250, 2), line(999)], shipping_options=[{"shipping_rate_data": rate}]
    )
    assert session.amount_subtotal == 3499
    assert session.amount_total == 3989
    assert session.total_details is not None
    assert session.total_details.amount_shipping == 490


def test_a_session_keeps_what_the_shop_gave(
    client: StripeClient, open_session: OpenSession
) -> None:
    made = open_session(client_reference_id="order-17", locale="de", customer_email="a@b.example")
    session = client.v1.checkout.sessions.retrieve(made.id)
    assert plain(session.metadata) == {"order": "17"}
    assert session.client_reference_id == "order-17"
    assert session.locale == "de"
    assert session.customer_email == "a@b.example"
    assert session.success_url == "https://shop.test/thanks?session={CHECKOUT_SESSION_ID}"


def test_a_line_keeps_its_metadata_and_its_product(
    client: StripeClient, open_session: OpenSession
) -> None:
    product = {"name": "Tide", "metadata": {"variant": "4"}, "images": ["https://shop.test/1.webp"]}
    item = line(product_data=product, tax_behavior="inclusive") | {"metadata": {"sku": "T-1"}}
    session = open_session(line_items=[item])
    found: Any = client.v1.checkout.sessions.line_items.list(
        session.id, {"expand": ["data.price.product"]}
    ).data[0]
    assert plain(found.metadata) == {"sku": "T-1"}
    assert found.price.tax_behavior == "inclusive"
    assert plain(found.price.product.metadata) == {"variant": "4"}
    assert found.price.product.images == ["https://shop.test/1.webp"]


def test_a_line_may_name_a_stored_price(client: StripeClient, open_session: OpenSession) -> None:
    product = client.v1.products.create({"name": "Frame"})
    price = client.v1.prices.create({"currency": "EUR", "unit_amount": 700, "product": product.id})
    session = open_session(line_items=[{"price": price.id, "quantity": 3}])
    assert session.amount_total == 2100
    (item,) = client.v1.checkout.sessions.line_items.list(session.id).data
    assert item.description == "Frame"


def test_lines_come_page_by_page(client: StripeClient, open_session: OpenSession) -> None:
    session = open_session(line_items=[line(100 + n) for n in range(23)])
    page = client.v1.checkout.sessions.line_items.list(session.id)
    assert page.has_more
    assert [item.amount_total for item in page.auto_paging_iter()] == [100 + n for n in range(23)]


@pytest.mark.parametrize("minutes", [30, 24 * 60])
def test_a_session_may_last_half_an_hour_to_a_day(
    open_session: OpenSession, fake: Handle, minutes: int
) -> None:
    margin = 5 if minutes == 30 else -5
    expires_at = int(fake.state()["now"]) + minutes * 60 + margin
    assert open_session(expires_at=expires_at).expires_at == expires_at


@pytest.mark.parametrize(
    ("seconds", "message"),
    [(29 * 60, "at least 30 minutes"), (24 * 3600 + 60, "less than 24 hours")],
)
def test_a_shorter_or_longer_session_is_refused(
    open_session: OpenSession, fake: Handle, seconds: int, message: str
) -> None:
    error = refused(open_session, expires_at=int(fake.state()["now"]) + seconds)
    assert error.param == "expires_at"
    assert message in str(error)


def test_without_a_wish_a_session_lasts_a_day(open_session: OpenSession) -> None:
    session = open_session()
    assert session.expires_at - session.created == 24 * 3600


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"success_url": "shop.test/thanks"}, "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url"),
        ({"mode": "subscription"}, "mode"),
        ({"ui_mode": "embedded_page"}, "ui_mode"),
        ({"discounts": [{"coupon": "x"}]}, "discounts[0][coupon]"),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax"),
        ({"customer": "cus_none", "customer_email": None}, "customer"),
        ({"customer": "cus_none"}, "customer"),
        ({"line_items": [{"quantity": 1}]}, "line_items[0]"),
        ({"line_items": [{"price": "price_none"}]}, "line_items[0][price]"),
        ({"line_items": [line(quantity=0)]}, "line_items[0][quantity]"),
        ({"line_items": [line(-5)]}, "line_items[0][price_data][unit_amount]"),
        ({"line_items": [line(currency="x")]}, "line_items[0][price_data][currency]"),
        ({"line_items": [line(recurring={"interval": "month"})]},
         "line_items[0][price_data][recurring]"),
        ({"line_items": [line(), line(currency="usd")]}, "line_items"),
        ({"line_items": [line(49)]}, "line_items"),
        ({"line_items": [line(1234, currency="kwd")]}, "line_items"),
        ({"line_items": [line() for _ in range(101)]}, "line_items"),
        ({"allowed_payment_method_types": ["blik"]}, "allowed_payment_method_types"),
    ],
)  # fmt: skip
def test_what_cannot_be_sold_is_refused_by_name(
    open_session: OpenSession, given: dict[str, object], param: str
) -> None:
    assert refused(open_session, **given).param == param


def test_a_session_needs_lines_and_a_success_url(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create({"success_url": "https://shop.test"})
    assert (caught.value.code, caught.value.param) == ("parameter_missing", "line_items")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(untyped(line_items=[line()]))
    assert (caught.value.code, caught.value.param) == ("parameter_missing", "success_url")


def test_euro_sessions_offer_the_debit_unless_it_is_excluded(open_session: OpenSession) -> None:
    assert open_session().payment_method_types == ["card", "sepa_debit"]
    assert open_session(currency="usd").payment_method_types == ["card"]
    allowed = open_session(allowed_payment_method_types=["card"])
    assert allowed.payment_method_types == ["card"]
    excluded = open_session(excluded_payment_method_types=["card"])
    assert excluded.payment_method_types == ["sepa_debit"]


def test_amounts_are_whole_yen_and_thousandths_of_a_dinar(open_session: OpenSession) -> None:
    assert open_session(currency="jpy", amount=500).amount_total == 1000
    assert open_session(currency="kwd", amount=1500).amount_total == 3000


def test_an_expired_session_cannot_be_paid_and_tells_the_shop(
    client: StripeClient, open_session: OpenSession, fake: Handle, receiver: Receiver
) -> None:
    made = open_session()
    session = client.v1.checkout.sessions.expire(made.id)
    assert (session.status, session.url) == ("expired", None)
    (told,) = receiver.wait_for("checkout.session.expired")
    assert told.event["data"]["object"]["id"] == made.id
    with pytest.raises(ValueError, match="expired"):
        fake.pay(made.id)
    assert fake.ledger() == []


@pytest.mark.parametrize("status", ["expired", "complete"])
def test_only_an_open_session_can_be_expired(
    client: StripeClient, open_session: OpenSession, fake: Handle, status: str
) -> None:
    session = open_session()
    if status == "complete":
        fake.pay(session.id)
    else:
        client.v1.checkout.sessions.expire(session.id)
    with pytest.raises(stripe.InvalidRequestError, match=f"has a status of `{status}`"):
        client.v1.checkout.sessions.expire(session.id)


def test_a_session_expires_by_the_clock_and_not_before(
    client: StripeClient, open_session: OpenSession, fake: Handle, receiver: Receiver
) -> None:
    made = open_session()
    fake.advance(24 * 3600 - 60)
    assert client.v1.checkout.sessions.retrieve(made.id).status == "open"
    fake.advance(61)
    assert client.v1.checkout.sessions.retrieve(made.id).status == "expired"
    assert len(receiver.wait_for("checkout.session.expired")) == 1


def test_a_paid_session_does_not_expire(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    made = open_session()
    fake.pay(made.id)
    assert fake.advance(25 * 3600)["happened"] == 0
    assert client.v1.checkout.sessions.retrieve(made.id).status == "complete"


def test_expiry_cancels_the_intent_of_a_failed_try(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    intent = fake.pay(session.id, card="4000000000000002")["payment_intent"]
    client.v1.checkout.sessions.expire(session.id)
    found = client.v1.payment_intents.retrieve(intent)
    assert (found.status, found.cancellation_reason) == ("canceled", "expired")


def test_sessions_are_found_by_status_intent_customer_and_buyer(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    customer = client.v1.customers.create({"email": "c@example.com"})
    first = open_session()
    second = open_session(customer=customer.id, customer_email=None)
    intent = fake.pay(first.id, email="ada@example.com")["payment_intent"]
    sessions = client.v1.checkout.sessions

    def found(**filters: object) -> list[str]:
        return [one.id for one in sessions.list(untyped(**filters)).data]

    assert found() == [second.id, first.id]
    assert found(status="open") == [second.id]
    assert found(payment_intent=intent) == [first.id]
    assert found(customer=customer.id) == [second.id]
    assert found(customer_details={"email": "ada@example.com"}) == [first.id]


def test_metadata_can_be_changed_and_nothing_else(
    client: StripeClient, open_session: OpenSession
) -> None:
    session = open_session()
    params: Any = {"metadata": {"order": "", "note": "x"}}
    assert plain(client.v1.checkout.sessions.update(session.id, params).metadata) == {"note": "x"}
    with pytest.raises(stripe.InvalidRequestError, match="only updates"):
        client.v1.checkout.sessions.update(session.id, {"shipping_options": ""})
