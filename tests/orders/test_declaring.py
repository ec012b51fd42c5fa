"""“Withdraw from contract here”: two steps, a receipt with time, and no word about who ordered what."""

import re
from html import unescape
from typing import Any

import pytest
from django.core import mail as box
from django.core.cache import cache
from django.test import Client

from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import limiting, withdrawing
from bodega.orders.models import Mail, Order, Withdrawal
from bodega.orders.statements import Statement
from tests.till import drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
TIMES = re.compile(r"\d+ \w+ \d{4}, \d\d:\d\d:\d\d UTC")
SEALS = re.compile(r'name="statement" value="([^"]+)"')
GUEST = "/orders/withdrawal/"


@pytest.fixture(autouse=True)
def nobody_came_before() -> None:
    """The counts of how often somebody withdrew are in the cache, which outlives a test."""
    cache.clear()


def text(response: Any) -> str:
    return unescape(response.content.decode())


def declare(client: Client, address: str = GUEST, **answers: Any) -> Any:
    """Step one."""
    return client.post(address, {"name": "Ada", "email": "ada@example.com", **answers})


def confirm(client: Client, page: Any) -> Any:
    """Step two: the button."""
    seal = SEALS.search(text(page))
    assert seal, text(page)
    return client.post("/orders/withdrawal/confirmation/", {"statement": seal.group(1)})


def test_a_guest_withdraws_in_two_steps_and_gets_a_receipt_with_the_time(
    client: Client, paid: Order
) -> None:
    page = declare(client, number=paid.number)
    assert "Confirm withdrawal</button>" in text(page)
    assert not Withdrawal.objects.exists(), "a statement is none before it is confirmed"
    received = confirm(client, page)
    assert TIMES.search(text(received))
    row = Withdrawal.objects.get()
    assert (row.order, row.is_whole, row.state, row.lines.get().quantity) == (
        paid, True, "confirmed", 2
    )  # fmt: skip
    drain()
    receipt = next(m for m in box.outbox if "withdrawal" in m.subject)
    assert receipt.to == [paid.email]
    for said in (paid.number, "the whole order", "Ada", "ada@example.com"):
        assert said in receipt.body
    assert TIMES.search(receipt.body)


def test_the_answer_is_the_same_whether_the_order_exists_or_not(
    client: Client, paid: Order
) -> None:
    known = confirm(client, declare(client, number=paid.number))
    unknown = confirm(client, declare(client, number="B-9999999"))
    others = confirm(client, declare(client, number=paid.number, email="eve@example.com"))

    def said(response: Any) -> str:
        told = text(response).replace("B-9999999", paid.number).replace("eve@", "ada@")
        return TIMES.sub("then", told)

    assert said(known) == said(unknown) == said(others)
    assert known.status_code == unknown.status_code == others.status_code
    assert Withdrawal.objects.count() == 1


def test_the_comparison_would_see_a_difference(client: Client, paid: Order) -> None:
    """The control: on the order's own page, which only its customer knows, more is said."""
    address = f"/orders/{paid.public_id}/withdrawal/"
    own = confirm(client, declare(client, address, **{f"line-{paid.lines.get().pk}": 2}))
    guest = confirm(client, declare(client, number="B-9999999"))
    assert paid.get_absolute_url() in text(own)
    assert paid.get_absolute_url() not in text(guest)


def test_a_slip_in_the_number_is_told_by_mail_and_nothing_typed_is_in_it(client: Client) -> None:
    Merchant.current()
    confirm(client, declare(client, number="BUY NOW", name="http://spam.example"))
    drain()
    message = box.outbox[0]
    assert message.to == ["ada@example.com"]
    assert "which order?" in message.subject
    assert "/orders/withdrawal/" in message.body
    for typed in ("BUY NOW", "spam"):
        assert typed not in message.body + message.subject


@pytest.mark.parametrize("typed", ["{number}", " #{number} ", "{bare}"])
def test_the_number_is_read_as_people_type_it(client: Client, paid: Order, typed: str) -> None:
    number = typed.format(number=paid.number.lower(), bare=paid.number.removeprefix("B-"))
    confirm(client, declare(client, number=number, email="ADA@example.com"))
    assert Withdrawal.objects.get().order == paid


def test_a_guest_names_some_articles_in_her_own_words(client: Client, paid: Order) -> None:
    confirm(client, declare(client, number=paid.number, articles="Only one of the two Dunes"))
    row = Withdrawal.objects.get()
    assert (row.is_whole, row.statement, row.lines.count()) == (
        False, "Only one of the two Dunes", 0
    )  # fmt: skip


def test_on_the_order_s_page_articles_are_chosen_and_another_address_may_be_named(
    client: Client, paid: Order
) -> None:
    line = paid.lines.get()
    address = f"/orders/{paid.public_id}/withdrawal/"
    assert f'name="line-{line.pk}" value="2"' in text(client.get(address))
    page = declare(client, address, email="ada@work.example", **{f"line-{line.pk}": 1})
    received = confirm(client, page)
    assert "1 × Dunes (A3 / oak)" in text(received)
    row = Withdrawal.objects.get()
    assert (row.is_whole, row.lines.get().quantity, row.email) == (False, 1, "ada@work.example")
    assert "1 × Dunes" in text(client.get(address)), "one is left"
    drain()
    assert Mail.objects.get(kind="withdrawal").recipient == "ada@work.example"


def test_what_was_typed_can_be_changed_before_it_is_confirmed(client: Client) -> None:
    Merchant.current()
    page = text(declare(client, number="B-1001", articles="One", change="1"))
    assert 'value="B-1001"' in page
    assert "Continue</button>" in page


def test_gaps_are_named_in_sentences(client: Client) -> None:
    Merchant.current()
    response = client.post(GUEST, {"name": "", "email": "x"})
    assert response.status_code == 422
    for sentence in ("Enter your name.", "in your receipt", "like name@example.com"):
        assert sentence in text(response)


@pytest.mark.parametrize(
    ("count", "why"), [("3", "At most 2"), ("0", "all are 0"), ("x", "from 0 to 2")]
)
def test_counts_that_cannot_be_are_refused(
    client: Client, paid: Order, count: str, why: str
) -> None:
    address = f"/orders/{paid.public_id}/withdrawal/"
    response = declare(client, address, **{f"line-{paid.lines.get().pk}": count})
    assert response.status_code == 422
    assert why in text(response)


def test_a_second_click_changes_nothing(client: Client, paid: Order) -> None:
    page = declare(client, number=paid.number, articles="One")
    first, second = confirm(client, page), confirm(client, page)
    assert first.status_code == second.status_code == 200
    assert Withdrawal.objects.count() == 1
    assert paid.events.filter(kind="withdrawn").count() == 1


def test_without_the_statement_s_key_a_second_click_would_be_a_second_one(paid: Order) -> None:
    """The control."""
    for _ in range(2):
        stated = Statement(paid.number, "Ada", paid.email, "One", is_whole=False)
        withdrawing.file(stated, at=utc_now())
    assert Withdrawal.objects.count() == 2


@pytest.mark.parametrize("seal", ["", "x", "eyJhIjoxfQ:1abc:forged"])
def test_a_forged_or_old_statement_is_not_taken(client: Client, paid: Order, seal: str) -> None:
    response = client.post("/orders/withdrawal/confirmation/", {"statement": seal})
    assert response.status_code == 422
    assert "too old or not complete" in text(response)
    assert not Withdrawal.objects.exists()


def test_guessing_is_slow_and_says_what_else_can_be_done(client: Client, paid: Order) -> None:
    page = declare(client, number="B-9", email="slow@example.com")
    for _ in range(limiting.PER_EMAIL):
        assert confirm(client, page).status_code == 200
    refused = confirm(client, page)
    assert refused.status_code == 429
    assert "mailto:" in text(refused)


def test_a_shop_that_offers_none_has_no_such_page(client: Client, paid: Order) -> None:
    assert "Withdraw from contract here" in text(client.get("/cart/"))
    Merchant.objects.update(withdrawal_days=0)
    assert client.get(GUEST).status_code == 404
    assert "Withdraw from contract here" not in text(client.get("/cart/"))


def test_only_a_paid_order_has_its_own_form(client: Client, order: Order) -> None:
    assert client.get(f"/orders/{order.public_id}/withdrawal/").status_code == 404


def test_nobody_stores_the_pages(client: Client, paid: Order) -> None:
    for response in (client.get(GUEST), declare(client, number="B-1")):
        assert "no-store" in response["Cache-Control"]
