"""SIGKILL between commit and answer: the request that is repeated gets the first answer (design 6.2).

Each story has its control: the same cut and the same repeat without what makes it harmless.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bodega.payments import signatures
from tests.stories.street import SECRET, Passer, Street, open_street, passer

pytestmark = [pytest.mark.process, pytest.mark.slow]
IN_THE_CART = (
    "SELECT quantity FROM cart_cartline JOIN cart_cart c ON c.id = cart_id WHERE token = '{}'"
)
ORDERS = "SELECT count(*) FROM orders_order WHERE cart_token = '{}'"
OWN = "SELECT id FROM orders_order WHERE cart_token = '{}'"
MAKE_API_KEY = """
import bodega.databases, django
django.setup()
from bodega.customers import keys
from bodega.lib.clock import utc_now
print(keys.make("returns", may_write=True, actor="test", now=utc_now())[1])
"""


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    volume: Path = tmp_path_factory.mktemp("street") / "volume"
    with open_street(volume, DJANGO_SETTINGS_MODULE="tests.stories.cutting") as street:
        yield street


@pytest.fixture
def ada(street: Street) -> Iterator[Passer]:
    with passer(street) as ada:
        yield ada


def cut(street: Street, send: Callable[[], httpx.Response]) -> None:
    """The request is carried out and never answered; then there is a web process again."""
    (street.volume / "cut").touch()
    web = street.running[-1]
    with pytest.raises(httpx.TransportError):
        send()
    web.wait()
    street.running.remove(web)
    street.open()


def token(ada: Passer) -> str:
    return str(ada.browser.cookies["cart"])


def adding(ada: Passer, **headers: str) -> Callable[[], httpx.Response]:
    told = {"Accept": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    form = {"variant": "1", "quantity": "1"}
    return lambda: ada.browser.post("/cart/lines/", data=form, headers=told)


def test_the_first_article_of_a_cart_is_put_in_once(street: Street, ada: Passer) -> None:
    add = adding(ada, Idempotency_Key=str(uuid4()))
    cut(street, add)
    assert "cart" not in ada.browser.cookies, "nobody told the browser of its cart"
    carts = street.ask("SELECT count(*) FROM cart_cart")
    answer = add()
    assert answer.json() == {"count": 1, "message": "“Dunes (A3 / oak)” is in your cart."}
    assert street.ask(IN_THE_CART.format(token(ada))) == [(1,)]
    assert street.ask("SELECT count(*) FROM cart_cart") == carts


def test_more_of_an_article_are_put_in_once(street: Street, ada: Passer) -> None:
    adding(ada)()
    add = adding(ada, Idempotency_Key=str(uuid4()))
    cut(street, add)
    assert street.ask(IN_THE_CART.format(token(ada))) == [(2,)], "it was done"
    assert [add().json()["count"] for _ in range(3)] == [2, 2, 2]
    assert street.ask(IN_THE_CART.format(token(ada))) == [(2,)]


def test_without_the_key_the_repeat_doubles_the_quantity(street: Street, ada: Passer) -> None:
    """The control."""
    adding(ada)()
    cut(street, adding(ada))
    assert adding(ada)().json()["count"] == 3


def test_a_checkout_that_was_cut_is_one_order_and_one_payment_page(
    street: Street, ada: Passer
) -> None:
    adding(ada)()
    form = ada.form()

    def order() -> httpx.Response:
        return ada.browser.post("/checkout/", data=form)

    cut(street, order)
    assert street.ask(ORDERS.format(token(ada))) == [(1,)], "it was placed"
    answers = [order() for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    (page,) = {answer.headers["Location"] for answer in answers}
    assert "cs_test_" in page
    assert street.ask(ORDERS.format(token(ada))) == [(1,)]
    attempts = (
        f"SELECT session_id FROM payments_attempt WHERE order_id IN ({OWN.format(token(ada))})"
    )
    assert [session in page for (session,) in street.ask(attempts)] == [True]


def test_with_another_form_key_the_repeat_is_a_second_order(street: Street, ada: Passer) -> None:
    """The control: the same answers under the key of a form shown anew."""
    adding(ada)()
    form = ada.form()
    cut(street, lambda: ada.browser.post("/checkout/", data=form))
    again = form | {"checkout_key": ada.form()["checkout_key"]}
    assert ada.browser.post("/checkout/", data=again).status_code == 303
    assert street.ask(ORDERS.format(token(ada))) == [(2,)]


@pytest.fixture
def refunds(street: Street, ada: Passer) -> Callable[..., httpx.Response]:
    """POSTs a refund of one euro of a paid order."""
    session = ada.order()
    street.bank.pay(session)
    ada.browser.get(f"/payments/return/?session_id={session}")
    ((number,),) = street.ask(f"SELECT number FROM orders_order WHERE cart_token = '{token(ada)}'")
    made = subprocess.run(
        [sys.executable, "-c", MAKE_API_KEY],
        env=street.environment,
        check=True,
        capture_output=True,
        text=True,
    )
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}

    def refund(**more: str) -> httpx.Response:
        named = headers | {name.replace("_", "-"): value for name, value in more.items()}
        address = f"/api/orders/{number}/refunds/"
        return ada.browser.post(address, json={"amount": 100}, headers=named)

    return refund


def refunded(street: Street, ada: Passer) -> list[tuple[Any, ...]]:
    return street.ask(f"SELECT refunded FROM orders_order WHERE cart_token = '{token(ada)}'")


def test_a_refund_that_was_cut_is_made_once(
    street: Street, ada: Passer, refunds: Callable[..., httpx.Response]
) -> None:
    cut(street, lambda: refunds(Idempotency_Key="return-4711"))
    assert refunded(street, ada) == [(100,)], "it was made"
    answers = [refunds(Idempotency_Key="return-4711") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert refunded(street, ada) == [(100,)]


def test_without_a_key_the_repeat_is_a_second_refund(
    street: Street, ada: Passer, refunds: Callable[..., httpx.Response]
) -> None:
    """The control."""
    cut(street, refunds)
    assert refunds().status_code == 201
    assert refunded(street, ada) == [(200,)]


def deliver(street: Street, event: str) -> httpx.Response:
    told = {"type": "checkout.session.completed", "livemode": False, "data": {"object": {}}}
    body, moment = json.dumps({"id": event, **told}).encode(), int(time.time())
    signature = f"t={moment},v1={signatures.sign(body, SECRET, moment).decode()}"
    return httpx.post(
        f"{street.address}/payments/webhook/",
        content=body,
        headers={"Stripe-Signature": signature, "Content-Type": "application/json"},
    )


def test_a_webhook_that_was_cut_is_one_event(street: Street) -> None:
    events = "SELECT count(*) FROM payments_webhookevent WHERE event_id LIKE 'evt_cut%'"
    cut(street, lambda: deliver(street, "evt_cut"))
    assert street.ask(events) == [(1,)]
    assert [deliver(street, "evt_cut").status_code for _ in range(2)] == [200, 200]
    assert street.ask(events) == [(1,)]
    deliver(street, "evt_cut_another")
    assert street.ask(events) == [(2,)], "the control: another id would have been another event"
