"""The words of mails, and sending one again."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from bodega.orders import mails
from bodega.orders.letters import KINDS
from bodega.orders.models import Mail, MailTemplate, Order
from tests.till import bank, buyer, drain, merchant, order, paid, variant

__all__ = ["bank", "buyer", "merchant", "order", "paid", "variant"]
pytestmark = pytest.mark.django_db(databases=["default", "queue"])
ADDRESS = "/backoffice/orders/mailtemplate/receipt/words/"


def text(response: Any) -> str:
    return unescape(response.content.decode())


def test_every_kind_is_listed_and_says_whose_words_it_has(office: Client) -> None:
    MailTemplate.objects.create(kind="receipt", subject="Danke", body="Danke")
    page = text(office.get("/backoffice/orders/mailtemplate/"))
    for kind in KINDS.values():
        assert kind.title in page
    assert page.count(">yours<") == 1


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_its_page_with_a_preview(office: Client, name: str) -> None:
    page = text(office.get(f"/backoffice/orders/mailtemplate/{name}/words/"))
    assert "srcdoc=" in page
    assert "{number}" in page


def test_words_are_saved_and_the_shop_s_own_come_back(office: Client) -> None:
    office.post(ADDRESS, {"subject": "Danke, {name}", "body": "# Danke"})
    assert MailTemplate.objects.get().subject == "Danke, {name}"
    assert "Danke, {name}" in text(office.get(ADDRESS))
    office.post(ADDRESS, {"reset": "1"})
    assert not MailTemplate.objects.exists()


def test_a_preview_saves_nothing_and_fills_in_an_example(office: Client) -> None:
    words = {"subject": "Hallo {name}", "body": "Nr. {number} <script>x</script>", "preview": "1"}
    page = text(office.post(ADDRESS, words))
    assert "Preview: Hallo Ada Lovelace" in page
    assert "Nr. B-1001" in page
    assert "<script>x" not in page.split("srcdoc=")[1]
    quoted = office.post(ADDRESS, words).content.decode().split('srcdoc="')[1].split('"')[0]
    assert unescape(quoted).strip().endswith("</html>"), "all of it is within the attribute"
    assert not MailTemplate.objects.exists()


def test_a_placeholder_nobody_knows_is_refused_by_name(office: Client) -> None:
    response = office.post(ADDRESS, {"subject": "Hi", "body": "Hello {nmae}"})
    assert response.status_code == 422
    assert "This mail does not know {nmae}. It knows {name}, {number}" in text(response)
    assert not MailTemplate.objects.exists()


def test_a_mail_that_does_not_exist_is_not_found(office: Client) -> None:
    assert office.get("/backoffice/orders/mailtemplate/nonsense/words/").status_code == 404


def test_a_mail_is_sent_again_once_per_click(office: Client, paid: Order) -> None:
    mails.send.call(paid.pk, "receipt")
    mail = Mail.objects.get(kind="receipt")
    page = text(office.get(f"/backoffice/orders/order/{paid.pk}/change/"))
    assert f"/backoffice/mails/{mail.pk}/repetitions/" in page
    for said in ("It goes out again, to ada@home.example", "asked for before"):
        response = office.post(
            f"/backoffice/mails/{mail.pk}/repetitions/",
            {"n": "2", "recipient": "ada@home.example"},
            follow=True,
        )
        assert said in text(response)
    drain()
    assert Mail.objects.get(about="resend 2").state == Mail.State.SENT


@pytest.mark.parametrize(
    ("n", "recipient", "said"),
    [
        ("2", "nobody", "is no e-mail address"),
        ("x", "a@b.example", "before"),
        ("1", "a@b.example", "before"),
    ],
)
def test_what_makes_no_sense_sends_nothing(
    office: Client, paid: Order, n: str, recipient: str, said: str
) -> None:
    mails.send.call(paid.pk, "receipt")
    mail = Mail.objects.get(kind="receipt")
    form = {"n": n, "recipient": recipient}
    page = office.post(f"/backoffice/mails/{mail.pk}/repetitions/", form, follow=True)
    assert said in text(page)
    assert Mail.objects.filter(kind="receipt").count() == 1
