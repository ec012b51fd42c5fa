"""Who may come in, and what everybody else is told."""

import pytest
from django.test import Client

from bodega.api import limiting
from bodega.customers import keys
from bodega.customers.models import ApiKey
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments.models import Refund
from tests.api.conftest import Program

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
ORDER = "/api/orders/B-1001/"


@pytest.mark.parametrize(
    ("header", "code"),
    [("", "no_key"), ("Basic abc", "no_key"), ("Bearer", "no_key"), ("Bearer bdg_x", "wrong_key")],
)
def test_without_a_key_nobody_comes_in(client: Client, paid: Order, header: str, code: str) -> None:
    answer = client.get(ORDER, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_opens_nothing(program: Program, paid: Order) -> None:
    assert program.get(ORDER).status_code == 200
    keys.revoke(ApiKey.objects.get(), now=utc_now())
    assert program.get(ORDER).status_code == 401


def test_a_key_that_reads_does_not_refund(reader: Program, paid: Order) -> None:
    answer = reader.post(f"{ORDER}refunds/", {"amount": 100})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "read_only_key")
    assert not Refund.objects.exists()


def test_a_login_in_the_back_office_is_no_key(admin_client: Client, paid: Order) -> None:
    assert admin_client.get(ORDER).status_code == 401


def test_a_program_needs_no_origin_and_a_wrong_one_does_no_harm(
    program: Program, paid: Order
) -> None:
    answer = program.post(f"{ORDER}refunds/", {"amount": 100}, Origin="https://elsewhere.example")
    assert answer.status_code == 201, (
        "the key proves who asks; browsers do not send it by themselves"
    )


@pytest.mark.parametrize("path", ["/api/", "/api/products/", "/api/orders/"])
def test_other_addresses_answer_in_json_too(program: Program, path: str) -> None:
    answer = program.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_such_address")


def test_other_methods_are_refused(program: Program, paid: Order) -> None:
    answer = program.post(ORDER, {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


def test_who_asks_too_fast_waits(
    reader: Program, paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiting, "PER_KEY", 3)
    assert [reader.get(ORDER).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert reader.get(ORDER)["Retry-After"] == "60"


def test_who_guesses_keys_is_not_listened_to_even_with_the_right_one(
    client: Client, reader: Program, paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiting, "PER_STRANGER", 3)
    wrong = {"Authorization": "Bearer bdg_guess"}
    assert [client.get(ORDER, headers=wrong).status_code for _ in range(4)] == [401, 401, 401, 429]
    assert reader.get(ORDER).json()["error"]["code"] == "too_many_wrong_keys"


def test_answers_are_kept_by_nobody(reader: Program, paid: Order) -> None:
    assert reader.get(ORDER)["Cache-Control"] == "no-store, private"
