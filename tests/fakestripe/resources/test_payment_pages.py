from typing import Any

import httpx
import pytest
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession


def confirm(fake: Handle, session: str, method: str, **params: object) -> httpx.Response:
    return httpx.post(
        f"{fake.base_url}/v1/payment_pages/{session}/confirm",
        data={"payment_method": method, **{name: str(value) for name, value in params.items()}},
        auth=("sk_test_x", ""),
    )


def test_a_page_pays_its_session(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    page = httpx.get(f"{fake.base_url}/v1/payment_pages/{session.id}", auth=("sk_test_x", ""))
    assert (page.json()["id"], page.json()["status"]) == (session.id, "open")
    assert confirm(fake, session.id, "pm_card_visa", expected_amount=2500).status_code == 200
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert [entry["session"] for entry in fake.ledger()] == [session.id]
    assert confirm(fake, session.id, "pm_card_visa").status_code == 400


@pytest.mark.parametrize(
    ("method", "params", "param"),
    [("pm_card_visa", {"expected_amount": 2499}, "expected_amount"),
     ("pm_none", {}, "payment_method"),
     ("pm_card_visa", {"colour": "red"}, "colour")],
)  # fmt: skip
def test_what_is_not_agreed_is_not_paid(
    open_session: OpenSession, fake: Handle, method: str, params: dict[str, Any], param: str
) -> None:
    answer = confirm(fake, open_session().id, method, **params)
    assert answer.json()["error"]["param"] == param
    assert fake.ledger() == []


def test_a_declined_card_is_a_402_and_its_charge_is_on_record(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    answer = confirm(fake, session.id, "pm_card_chargeDeclined")
    assert (answer.status_code, answer.json()["error"]["type"]) == (402, "card_error")
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert [charge.status for charge in client.v1.charges.list().data] == ["failed"]
    assert confirm(fake, session.id, "pm_card_visa").status_code == 200
