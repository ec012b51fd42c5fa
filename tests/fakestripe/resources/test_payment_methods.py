from typing import Any

import pytest
import stripe
from stripe import StripeClient

from fakestripe.cards import NAMED
from tests.fakestripe.conftest import untyped
from tests.fakestripe.receiver import Receiver


def test_a_method_is_made_of_a_token_a_number_or_an_account(client: StripeClient) -> None:
    create = client.v1.payment_methods.create
    token: Any = create({"type": "card", "card": {"token": "tok_mastercard"}})
    typed: Any = create(
        untyped(type="card", card={"number": "4242424242424242", "exp_month": 7, "exp_year": 2034})
    )
    debit: Any = create(
        {"type": "sepa_debit", "sepa_debit": {"iban": "DE89 3704 0044 0532 0130 00"},
         "billing_details": {"name": "Ada", "address": {"country": "DE"}}}
    )  # fmt: skip
    assert (token.card.brand, token.card.last4) == ("mastercard", "4444")
    assert (typed.card.exp_month, typed.card.exp_year) == (7, 2034)
    assert (debit.sepa_debit.last4, debit.billing_details.name) == ("3000", "Ada")
    assert debit.billing_details.address.country == "DE"


def test_no_number_is_ever_shown(client: StripeClient) -> None:
    made = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    assert NAMED["visa"] not in str(client.v1.payment_methods.retrieve(made.id))


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "type"),
        ({"type": "blik"}, "type"),
        ({"type": "card"}, "card[number]"),
        ({"type": "card", "card": {"token": "tok_none"}}, "card[token]"),
        ({"type": "sepa_debit"}, "sepa_debit[iban]"),
    ],
)
def test_what_is_no_method_is_refused(
    client: StripeClient, given: dict[str, object], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_methods.create(untyped(**given))
    assert caught.value.param == param


def test_a_customer_keeps_and_gives_up_a_method(client: StripeClient, receiver: Receiver) -> None:
    customer = client.v1.customers.create({}).id
    methods = client.v1.payment_methods
    kept = methods.attach("pm_card_visa", {"customer": customer})
    assert kept.customer == customer
    assert [one.id for one in methods.list({"customer": customer}).data] == [kept.id]
    assert methods.list().data == []
    changed = methods.update(kept.id, {"billing_details": {"address": {"city": "Kiel"}}})
    assert changed.billing_details.address is not None
    assert changed.billing_details.address.city == "Kiel"
    assert methods.detach(kept.id).customer is None
    assert methods.list({"customer": customer}).data == []
    for verb in ("attached", "updated", "detached"):
        receiver.wait_for(f"payment_method.{verb}")


def test_a_method_belongs_to_one_customer_at_most(client: StripeClient) -> None:
    ada, ben = (client.v1.customers.create({}).id for _ in range(2))
    methods = client.v1.payment_methods
    made = methods.create({"type": "card", "card": {"token": "tok_visa"}})
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        methods.detach(made.id)
    with pytest.raises(stripe.InvalidRequestError, match="must save this PaymentMethod"):
        methods.update(made.id, {"metadata": {"a": "b"}})
    methods.attach(made.id, {"customer": ada})
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        methods.attach(made.id, {"customer": ben})
    assert methods.retrieve(made.id).customer == ada
