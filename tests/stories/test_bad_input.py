"""Whatever is sent to the money's addresses is answered, and never with a 500."""

from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import signatures
from tests.till import ADDRESS, Buyer, MemoryBank

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
careless = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = [
    *ADDRESS,
    *(f"billing_{name}" for name in ADDRESS),
    *("method", "code", "note", "phone", "region", "total", "checkout_key", "update", "company"),
]
# What breaks naive code: empty, huge, not a number, not a letter, control characters, other scripts.
NASTY = ["", "\0", "-1", "9" * 30, "1e999", "٣", "²", "x" * 70_000, "' OR 1=1 --", "<b>", "{{7*7}}"]
TEXT = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ANYTHING = st.binary(max_size=300)


@pytest.fixture(autouse=True)
def unlimited(settings: Any) -> None:
    """All examples come from one cart: the limits against card testing would end them."""
    settings.CHECKOUTS_PER_CART = settings.CHECKOUTS_PER_ADDRESS = 0


@careless
@given(st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=12), st.sets(st.sampled_from(NAMES)))
@example({"method": "9" * 19}, set())
@example({"country": "US", "region": "\0"}, {"billing_same"})
@example({"email": "a@" + "b" * 300 + ".c"}, set())
def test_a_checkout_form_of_nonsense(
    buyer: Buyer, bank: MemoryBank, changes: dict[str, str], missing: set[str]
) -> None:
    form = {key: value for key, value in buyer.form().items() if key not in missing} | changes
    response = buyer.client.post("/checkout/", form)
    assert response.status_code in {200, 303, 409, 422}


@careless
@given(ANYTHING, st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data", "x"]))
@example(b"--b\r\n", "multipart/form-data; boundary=b")
@example(b"a=%FF%00&b=" + b"1&c=" * 200, "application/x-www-form-urlencoded; charset=utf-16")
def test_a_body_that_is_no_form(buyer: Buyer, bank: MemoryBank, body: bytes, kind: str) -> None:
    buyer.client.raise_request_exception = False
    response = buyer.client.generic("POST", "/checkout/", body, content_type=kind)
    assert response.status_code < 500
    assert not Order.objects.exists()


@careless
@given(ANYTHING, ANYTHING)
def test_cookies_and_addresses_of_nonsense(
    buyer: Buyer, bank: MemoryBank, first: bytes, second: bytes
) -> None:
    buyer.client.raise_request_exception = False
    words = [quote_from_bytes(part, safe="") for part in (first, second)]
    buyer.client.cookies["cart"] = words[0]
    for address in (
        "/checkout/",
        f"/checkout/?{words[0]}={words[1]}",
        f"/orders/{words[0]}/",
        f"/payments/return/?session_id={words[0]}",
        f"/payments/cancelled/{words[1]}/",
        f"/payments/sessions/{words[0]}/",
    ):
        assert buyer.client.get(address).status_code < 500
    for address in (f"/payments/sessions/{words[0]}/", f"/payments/cancellations/{words[1]}/"):
        assert buyer.client.post(address).status_code < 500


@careless
@given(ANYTHING, TEXT, st.booleans())
def test_webhooks_of_nonsense(
    buyer: Buyer, settings: Any, body: bytes, header: str, is_signed: bool
) -> None:
    settings.STRIPE_WEBHOOK_SECRET = "whsec_test"
    if is_signed:
        moment = int(utc_now().timestamp())
        header = f"t={moment},v1={signatures.sign(body, 'whsec_test', moment).decode()}"
    buyer.client.raise_request_exception = False
    response = buyer.client.generic(
        "POST", "/payments/webhook/", body, headers={"Stripe-Signature": header}
    )
    assert response.status_code == 400


def test_the_control_a_view_that_breaks_is_noticed(
    buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("not caught")

    buyer.client.raise_request_exception = False
    monkeypatch.setattr("bodega.checkout.views.counter_for", broken)
    assert buyer.client.get("/checkout/").status_code == 500
