"""The real SDK, over HTTP, against fakestripe."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bodega.payments import stripe
from bodega.payments.stripe import Stripe, StripeRefused, StripeUnreachable
from fakestripe.testing import Handle, serve


@pytest.fixture(scope="module")
def fake() -> Iterator[Handle]:
    with serve() as handle:
        yield handle


@pytest.fixture
def bank(fake: Handle) -> Stripe:
    fake.reset()
    return Stripe("sk_test_fakestripe", fake.base_url)


def params(amount: int = 5490) -> dict[str, Any]:
    product = {"name": "Dunes", "metadata": {"kind": "line", "sku": "DUNES"}}
    price = {"currency": "eur", "unit_amount": amount, "product_data": product}
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "success_url": "http://shop.example/?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.example/",
        "client_reference_id": "abc",
        "customer_email": "ada@example.com",
        "expires_at": int((datetime.now(UTC) + timedelta(minutes=40)).timestamp()),
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": {"order": "abc"},
        "payment_intent_data": {"metadata": {"order": "abc"}},
    }


def test_a_session_is_made_looked_at_and_paid(bank: Stripe, fake: Handle) -> None:
    made = bank.create_session(params(), key="k1")
    assert (made.status, made.amount, made.currency) == ("open", 5490, "EUR")
    assert made.url.startswith(fake.base_url)
    fake.pay(made.id)
    paid = bank.session(made.id)
    assert paid.is_paid
    assert paid.payment_intent.startswith("pi_")
    assert paid.charge.startswith("ch_")
    assert paid.metadata == {"order": "abc"}


def test_the_lines_come_back_with_their_metadata(bank: Stripe) -> None:
    (item,) = bank.items(bank.create_session(params(), key="k1"))
    assert (item.amount, item.metadata["sku"]) == (5490, "DUNES")


def test_the_same_key_gives_the_same_session(bank: Stripe) -> None:
    asked = params()
    first, second = (bank.create_session(asked, key="k1") for _ in range(2))
    assert first.id == second.id
    assert bank.create_session(asked, key="k2").id != first.id


def test_an_answer_lost_after_the_effect_is_found_again_with_the_key(
    bank: Stripe, fake: Handle
) -> None:
    asked = params()
    hurried = Stripe("sk_test_fakestripe", fake.base_url, hurry=True)
    fake.fault("drop", "POST /v1/checkout/sessions")
    with pytest.raises(StripeUnreachable):
        hurried.create_session(asked, key="k1")
    found = bank.create_session(asked, key="k1")
    fake.pay(found.id)
    assert bank.create_session(asked, key="k1").id == found.id
    assert len(fake.ledger()) == 1


def test_expiring_says_how_it_stands_then(bank: Stripe, fake: Handle) -> None:
    open_, paid = (bank.create_session(params(), key=key) for key in ("k1", "k2"))
    fake.pay(paid.id)
    assert bank.expire_session(open_.id).status == "expired"
    assert bank.expire_session(open_.id).status == "expired"
    assert bank.expire_session(paid.id).status == "complete"


def test_a_refusal_is_stripes_sentence(bank: Stripe) -> None:
    with pytest.raises(StripeRefused, match="No such"):
        bank.session("cs_test_unknown")
    with pytest.raises(StripeRefused):
        bank.create_session(params(amount=-1), key="k1")


def test_another_question_under_the_same_key_is_no_proof_that_nothing_happened(
    bank: Stripe,
) -> None:
    bank.create_session(params(), key="k1")
    with pytest.raises(StripeUnreachable):
        bank.create_session(params(amount=100), key="k1")


def test_no_answer_at_all_is_unreachable() -> None:
    with pytest.raises(StripeUnreachable):
        Stripe("sk_test_fakestripe", "http://127.0.0.1:9", hurry=True).session("cs_test_1")


@pytest.mark.parametrize(
    ("key", "fake_url", "used", "live"),
    [
        ("sk_live_1", "", "sk_live_1", True),
        ("rk_live_1", "", "rk_live_1", True),
        ("sk_test_1", "", "sk_test_1", False),
        ("sk_live_1", "http://127.0.0.1:1", stripe.FAKE_KEY, False),
    ],
)
def test_a_real_key_never_travels_to_the_stand_in(
    settings: Any, key: str, fake_url: str, used: str, live: bool
) -> None:
    settings.STRIPE_SECRET_KEY, settings.FAKESTRIPE_URL = key, fake_url
    assert stripe.secret_key() == used
    assert stripe.livemode() is live


def paid_intent(bank: Stripe, fake: Handle, amount: int = 5490) -> str:
    made = bank.create_session(params(amount), key=f"paid {amount}")
    fake.pay(made.id)
    return bank.session(made.id).payment_intent


def test_a_refund_is_made_once_under_its_key_and_listed(bank: Stripe, fake: Handle) -> None:
    intent = paid_intent(bank, fake)
    asked = {"payment_intent": intent, "amount": 1000, "metadata": {"refund": "k"}}
    first, second = (bank.create_refund(asked, key="k") for _ in range(2))
    assert first == second == bank.refund(first.id)
    assert (first.amount, first.currency, first.is_done) == (1000, "EUR", True)
    assert list(bank.refunds(payment_intent=intent)) == [first]
    assert list(bank.refunds(charge=first.charge)) == [first]
    assert list(bank.refunds(charge="ch_other")) == []


def test_more_than_was_charged_is_refused(bank: Stripe, fake: Handle) -> None:
    intent = paid_intent(bank, fake)
    with pytest.raises(StripeRefused, match="greater than"):
        bank.create_refund({"payment_intent": intent, "amount": 5491}, key="k")
    with pytest.raises(stripe.NotAtStripe):
        bank.refund("re_unknown")


def test_a_payment_leads_back_to_its_session(bank: Stripe, fake: Handle) -> None:
    found = bank.session_of(paid_intent(bank, fake))
    assert found is not None
    assert found.is_paid
    assert bank.session_of("pi_unknown") is None


def test_a_dispute_is_looked_at_and_listed(bank: Stripe, fake: Handle) -> None:
    intent = paid_intent(bank, fake)
    charge = bank.session_of(intent)
    assert charge is not None
    dispute_id = fake.dispute(charge.charge)["id"]
    told = bank.dispute(dispute_id)
    assert (told.payment_intent, told.withdrawn, told.reinstated) == (intent, 1, 0)
    assert list(bank.disputes(payment_intent=intent)) == [told]


def test_an_id_is_one_part_of_the_path_whatever_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(_self: object, _method: str, path: str, _params: object) -> None:
        asked.append(path)
        raise stripe.NotAtStripe

    monkeypatch.setattr(stripe.Stripe, "_ask", answer)
    with pytest.raises(stripe.NotAtStripe):
        stripe.Stripe("sk_test_x").session("../refunds?limit=1#")
    assert asked == ["/v1/checkout/sessions/..%2Frefunds%3Flimit%3D1%23"]


def test_a_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert stripe._connections(stripe.API).proxies["https"] == "http://proxy.example:3128"
    monkeypatch.setenv("NO_PROXY", "stripe.com")
    assert stripe._connections(stripe.API).proxies == {}
