"""Orders and refunds for programs."""

from typing import Any

import pytest

from bodega.catalog.models import Stock
from bodega.orders.models import Order
from bodega.payments import stripe
from bodega.payments.models import Refund
from tests.api.conftest import Program
from tests.till import MemoryBank

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
REFUNDS = "/api/orders/B-1001/refunds/"


def test_an_order_says_what_can_be_refunded(reader: Program, paid: Order) -> None:
    told = reader.get("/api/orders/B-1001/").json()
    assert (told["total"], told["refundable"], told["refunded"]) == (5490, 5490, 0)
    (line,) = told["lines"]
    assert (line["sku"], line["paid"], line["refundable"]) == ("DUNES", 5000, 2)
    assert told["shipping"] == {"paid": 490, "refundable": 490}
    assert [each["captured"] for each in told["payments"]] == [5490]
    assert told["refunds"] == []


def test_a_refund_is_made_and_listed(program: Program, paid: Order, bank: MemoryBank) -> None:
    lines = [{"sku": "DUNES", "quantity": 1, "restock": True}]
    answer = program.post(REFUNDS, {"lines": lines, "shipping": 490, "note": "torn"})
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["state"], told["amount"], told["stripe_id"]) == ("succeeded", 2990, "re_1")
    assert told["lines"][0]["restocked"] is True
    assert program.get(REFUNDS).json() == {"refunds": [told]}
    assert Stock.objects.get().on_hand == 9
    assert Refund.objects.get().actor == "API: warehouse"


def test_the_same_key_again_is_the_same_refund(
    program: Program, paid: Order, bank: MemoryBank
) -> None:
    answers = [program.post(REFUNDS, {"amount": 1000}, Idempotency_Key="r-7") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert len(bank.returned) == 1


def test_the_same_key_for_something_else_is_an_error(program: Program, paid: Order) -> None:
    program.post(REFUNDS, {"amount": 1000}, Idempotency_Key="r-7")
    answer = program.post(REFUNDS, {"amount": 2000}, Idempotency_Key="r-7")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "key_reused"
    assert Refund.objects.count() == 1


def test_without_a_key_every_request_is_a_refund_of_its_own(program: Program, paid: Order) -> None:
    for _ in range(2):
        assert program.post(REFUNDS, {"amount": 1000}).status_code == 201
    assert Refund.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "nothing", None),
        ({"amount": 5491}, "too_much", "amount"),
        ({"amount": "10"}, "invalid", "amount"),
        ({"amount": True}, "invalid", "amount"),
        ({"amount": 10**30}, "invalid", "amount"),
        ({"shipping": 491}, "too_much_shipping", "shipping"),
        ({"shipping": -1, "amount": 2}, "invalid", "shipping"),
        ({"lines": [{"sku": "DUNES", "quantity": 3}]}, "too_many", "lines"),
        ({"lines": [{"line": 999, "quantity": 1}]}, "no_such_line", "lines"),
        ({"lines": [{"sku": "WAVES", "quantity": 1}]}, "invalid", "lines[0].sku"),
        ({"lines": [{"sku": "DUNES", "quantity": 0}]}, "invalid", "lines[0].quantity"),
        (
            {"lines": [{"sku": "DUNES", "quantity": 1, "restock": "yes"}]},
            "invalid",
            "lines[0].restock",
        ),
        ({"lines": [{"sku": "DUNES", "qty": 1}]}, "invalid", "lines[0].qty"),
        ({"lines": ["DUNES"]}, "invalid", "lines[0]"),
        ({"lines": "DUNES"}, "invalid", "lines"),
        ({"ammount": 100}, "invalid", "ammount"),
        ({"amount": 100, "reason": "whim"}, "invalid", "reason"),
        ({"amount": 100, "note": "x" * 401}, "invalid", "note"),
        ({"amount": 100, "payment": 999}, "no_payment", "payment"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_refunded(
    program: Program, paid: Order, body: Any, code: str, field: str | None
) -> None:
    answer = program.post(REFUNDS, body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, code, field)
    assert error["message"].endswith(".")
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"), [("{", "not_json"), ("[1]", "not_an_object"), ("\xff", "not_json")]
)
def test_what_is_no_object_is_refused(program: Program, paid: Order, body: str, code: str) -> None:
    answer = program.post(REFUNDS, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_an_idempotency_key_has_an_end(program: Program, paid: Order) -> None:
    answer = program.post(REFUNDS, {"amount": 1}, Idempotency_Key="k" * 256)
    assert answer.json()["error"]["code"] == "key_too_long"


def test_an_unknown_outcome_is_accepted_and_the_same_key_asks_again(
    program: Program, paid: Order, bank: MemoryBank
) -> None:
    bank.lost_answers = 1
    first = program.post(REFUNDS, {"amount": 1000}, Idempotency_Key="r-7")
    assert (first.status_code, first.json()["state"]) == (202, "unknown")
    second = program.post(REFUNDS, {"amount": 1000}, Idempotency_Key="r-7")
    assert (second.status_code, second.json()["state"]) == (200, "succeeded")
    assert len(bank.returned) == 1


def test_what_stripe_refuses_is_an_error_each_time_it_is_asked(
    program: Program, paid: Order, bank: MemoryBank
) -> None:
    bank.failures = [stripe.StripeRefused("Charge has been charged back")]
    for _ in range(2):
        answer = program.post(REFUNDS, {"amount": 1000}, Idempotency_Key="r-7")
        assert answer.status_code == 422
        assert "charged back" in answer.json()["error"]["message"]


def test_an_order_that_is_not_there_is_told_in_json(program: Program) -> None:
    answer = program.get("/api/orders/B-9/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_such_order")
