"""What fakestripe returns has the keys of Stripe's published example objects, and no others."""

from typing import Any

import pytest
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession
from tests.fakestripe.examples import ALLOWED, EXAMPLES, differences, strange


def everything(client: StripeClient, session_id: str, dispute: str) -> dict[str, Any]:
    """One object of every kind that the API returns, by the name of its example."""
    session: Any = client.v1.checkout.sessions.retrieve(
        session_id, {"expand": ["line_items", "payment_intent.latest_charge.payment_method"]}
    )
    plain = client.v1.checkout.sessions.retrieve(session_id)
    intent = session.payment_intent
    item = session.line_items.data[0]
    endpoint = client.v1.webhook_endpoints.create(
        {"url": "https://shop.test/hook", "enabled_events": ["charge.failed"]}
    )
    coupon = client.v1.coupons.create({"percent_off": 20})
    return {
        "checkout.session": plain,
        "payment_intent": intent,
        "charge": intent.latest_charge,
        "payment_method": intent.latest_charge.payment_method,
        "item": item,
        "price": item.price,
        "product": client.v1.products.retrieve(item.price.product),
        "refund": client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}),
        "customer": client.v1.customers.create({}),
        "balance_transaction": client.v1.balance_transactions.list().data[0],
        "coupon": coupon,
        "dispute": client.v1.disputes.retrieve(dispute),
        "promotion_code": client.v1.promotion_codes.create(
            {"promotion": {"type": "coupon", "coupon": coupon.id}}
        ),
        "shipping_rate": client.v1.shipping_rates.create(
            {"display_name": "Post", "fixed_amount": {"amount": 490, "currency": "eur"}}
        ),
        "tax_rate": client.v1.tax_rates.create(
            {"display_name": "VAT", "inclusive": True, "percentage": 19}
        ),
        "event": client.v1.events.list().data[0],
        "webhook_endpoint": endpoint,
    }


@pytest.fixture
def objects(client: StripeClient, open_session: OpenSession, fake: Handle) -> dict[str, Any]:
    session = open_session()
    fake.pay(open_session().id)
    dispute = fake.dispute(fake.ledger()[0]["charge"])["id"]
    fake.pay(session.id)
    found = everything(client, session.id, dispute)
    return {kind: thing.to_dict() for kind, thing in found.items()}


def test_every_object_has_the_keys_of_its_example(objects: dict[str, Any]) -> None:
    found = set().union(*(differences(kind, thing) for kind, thing in objects.items()))
    assert found <= set(ALLOWED)


def test_the_parts_of_a_charge_and_a_session_have_the_keys_of_their_examples(
    objects: dict[str, Any],
) -> None:
    def keys(thing: Any, *path: str) -> set[str]:
        for step in path:
            thing = thing[step]
        return set(thing)

    charge, session = EXAMPLES["charge"], EXAMPLES["checkout.session"]
    for path in [("billing_details",), ("payment_method_details", "card")]:
        assert keys(objects["charge"], *path) == keys(charge, *path)
    for path in [("customer_details",), ("total_details",), ("automatic_tax",), ("custom_text",)]:
        assert keys(objects["checkout.session"], *path) == keys(session, *path)
    card = keys(EXAMPLES["payment_method"], "card")
    assert keys(objects["payment_method"], "card") == card


def test_the_comparison_sees_a_missing_and_an_invented_key(objects: dict[str, Any]) -> None:
    changed = dict(objects["refund"], colour="red")
    del changed["amount"]
    assert differences("refund", changed) == {"refund -amount", "refund +colour"}


def test_a_deleted_object_looks_like_its_example(client: StripeClient) -> None:
    customer = client.v1.customers.create({})
    gone = client.v1.customers.delete(customer.id).to_dict()
    assert set(gone) == set(EXAMPLES["deleted_customer"])
    assert gone["deleted"] is True


def test_a_strange_key_is_found_however_deep_it_is(objects: dict[str, Any]) -> None:
    refund = dict(objects["refund"])
    answer = {"error": {"payment_intent": objects["payment_intent"]}, "data": [refund]}
    assert strange(answer) == set()
    refund["colour"] = "red"
    assert strange(answer) == {"refund +colour"}
    assert strange({"object": "sandwich"}) == {"sandwich has no example"}
