"""Acceptance 12: a guest withdraws in two steps, without JavaScript, and has a receipt with the time.

Real processes. The worker is killed before it can send the receipt; the row is what the receipt comes
from, so it comes all the same, once.
"""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.stories.street import Street, open_street, passer
from tests.till import ADDRESS

pytestmark = [pytest.mark.process, pytest.mark.slow]
TIME = re.compile(r"Received on (\d+ \w+ \d{4}, \d\d:\d\d:\d\d) UTC")
ROWS = "SELECT state, is_whole FROM orders_withdrawal"
RECEIPTS = "SELECT state FROM orders_mail WHERE kind = 'withdrawal'"
CLERK = ("clerk@example.com", "a long enough one")


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return unescape(found.group(1))


def bought(street: Street) -> str:
    """Somebody buys something and leaves; the order's number."""
    with passer(street) as ada:
        session = ada.order()
        street.bank.pay(session)
        ada.browser.get(f"/payments/return/?session_id={session}")
    ((number,),) = street.ask("SELECT number FROM orders_order")
    return str(number)


def withdraw(street: Street, number: str) -> str:
    """A stranger's browser: from the footer of the front page to the receipt; the receipt's page."""
    with httpx.Client(base_url=street.address, timeout=20) as guest:
        link = re.search(r'href="([^"]+)">Withdraw from contract here<', guest.get("/").text)
        assert link, "the function is on every page"
        stated = guest.post(
            link.group(1), data={"name": "Ada", "number": number, "email": ADDRESS["email"]}
        )
        assert stated.status_code == 200
        assert street.ask(ROWS) == [], "a statement is none before it is confirmed"
        assert ">Confirm withdrawal</button>" in stated.text
        done = guest.post(
            "/orders/withdrawal/confirmation/", data={"statement": field(stated.text, "statement")}
        )
        assert done.status_code == 200
        return done.text


def read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def receipts(street: Street) -> list[EmailMessage]:
    """Receipts of withdrawals in the postbox."""
    messages = map(read, street.mails())
    return [message for message in messages if "your withdrawal" in message["Subject"]]


def seen_by_the_merchant(street: Street) -> str:
    """The list of withdrawals in the back office."""
    command = [sys.executable, "-m", "bodega", "manage", "createsuperuser", "--noinput"]
    secrets = {"DJANGO_SUPERUSER_EMAIL": CLERK[0], "DJANGO_SUPERUSER_PASSWORD": CLERK[1]}
    environment = {**os.environ, **street.environment, **secrets}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    with httpx.Client(base_url=street.address, timeout=20, follow_redirects=True) as desk:
        login = desk.get("/backoffice/login/?next=/backoffice/orders/withdrawal/")
        token = field(login.text, "csrfmiddlewaretoken")
        words = {"username": CLERK[0], "password": CLERK[1], "csrfmiddlewaretoken": token}
        return desk.post(str(login.url), data=words, headers={"Referer": street.address}).text


def test_a_guest_withdraws_and_the_receipt_outlives_a_killed_worker(tmp_path: Path) -> None:
    with open_street(tmp_path / "volume") as street:
        number = bought(street)
        began = datetime.now(UTC).replace(microsecond=0)
        page = withdraw(street, number)
        shown = TIME.search(page)
        assert shown, page
        at = datetime.strptime(shown.group(1), "%d %B %Y, %H:%M:%S").replace(tzinfo=UTC)
        assert began <= at <= datetime.now(UTC)
        assert street.ask(ROWS) == [("confirmed", 1)]
        assert receipts(street) == [], "whoever mails only from the web process has no receipt now"

        street.kill(street.start("worker"))
        street.start("worker")
        street.wait(lambda: street.ask(RECEIPTS) == [("sent",)], "the receipt")
        (receipt,) = receipts(street)
        body = receipt.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert receipt["To"] == ADDRESS["email"]
        for said in (number, "the whole order", "Ada", shown.group(1)):
            assert said in text, said
        listed = seen_by_the_merchant(street)
        for said in (number, "To be decided", "the whole order"):
            assert said in listed, said


def test_a_statement_that_is_not_confirmed_leaves_nothing(tmp_path: Path) -> None:
    """The control: what the second step is for."""
    with open_street(tmp_path / "volume") as street:
        number = bought(street)
        street.start("worker")
        with httpx.Client(base_url=street.address, timeout=20) as guest:
            form = {"name": "Ada", "number": number, "email": ADDRESS["email"]}
            assert guest.post("/orders/withdrawal/", data=form).status_code == 200
        street.wait(lambda: len(street.mails()) == 1, "the receipt of the order")
        assert street.ask(ROWS) == []
        assert receipts(street) == []
