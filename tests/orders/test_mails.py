"""One receipt, however often it is asked for."""

import smtplib
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail as box
from django.db import transaction

from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import mails
from bodega.orders.models import Mail, Order, OrderEvent
from bodega.orders.paying import mark_paid

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture
def paid(order: Order) -> Order:
    with transaction.atomic():
        mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
    return order


def send(order: Order) -> None:
    mails.send.call(order.pk, "receipt")


def body(part: str) -> str:
    message: Any = box.outbox[0].message()
    assert isinstance(message, EmailMessage) or message.is_multipart()
    return next(
        p.get_payload(decode=True).decode() for p in message.walk() if p.get_content_type() == part
    )


def test_the_receipt_goes_out_once_and_is_written_down(paid: Order) -> None:
    for _ in range(3):
        send(paid)
    assert len(box.outbox) == 1
    row = Mail.objects.get()
    assert (row.state, row.recipient) == (Mail.State.SENT, "ada@example.com")
    assert OrderEvent.objects.filter(kind="mail_sent").count() == 1


def test_its_message_id_is_fixed_before_it_is_sent(paid: Order) -> None:
    send(paid)
    assert box.outbox[0].extra_headers["Message-ID"] == Mail.objects.get().message_id
    assert paid.public_id in Mail.objects.get().message_id


def test_a_crash_between_sending_and_writing_it_down_repeats_the_same_message(
    paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(mails, "mark_sent", crash)
        with pytest.raises(KeyboardInterrupt):
            send(paid)
    assert Mail.objects.get().state == Mail.State.WAITING
    send(paid)
    first, second = (message.extra_headers["Message-ID"] for message in box.outbox)
    assert first == second
    assert Mail.objects.get().state == Mail.State.SENT


def test_a_mail_server_that_refuses_is_written_down_and_tried_again(
    paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise smtplib.SMTPRecipientsRefused({"ada@example.com": (550, b"no such user")})

    with monkeypatch.context() as patch:
        patch.setattr(box.EmailMultiAlternatives, "send", refuse)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(paid)
    row = Mail.objects.get()
    assert row.state == Mail.State.FAILED
    assert "no such user" in row.error
    send(paid)
    row.refresh_from_db()
    assert (row.state, row.error) == (Mail.State.SENT, "")


def test_text_and_html_say_the_same(paid: Order) -> None:
    send(paid)
    for text in (body("text/plain"), body("text/html")):
        for said in (paid.number, "€54.90", "€4.90", "VAT 19 %", "€8.76", "Torstr. 1", "Germany"):
            assert said in text
        assert paid.get_absolute_url() in text
    assert box.outbox[0].subject == f"Your order {paid.number} at Prints"


def test_names_are_written_as_they_are_in_text_and_cannot_break_html(paid: Order) -> None:
    paid.addresses.update(name="Ada & <b>Co</b>")
    send(paid)
    assert "Hello Ada & <b>Co</b>," in body("text/plain")
    assert "Ada &amp; &lt;b&gt;Co&lt;/b&gt;" in body("text/html")


def test_tax_on_top_is_shown_above_the_total(paid: Order) -> None:
    Order.objects.update(prices_include_tax=False)
    send(paid)
    text = body("text/plain")
    assert text.index("VAT 19 %") < text.index("Total:")


def test_it_comes_from_the_shop_and_answers_go_to_the_merchant(paid: Order) -> None:
    Merchant.objects.update(name="Prints, Ltd", email="hello@prints.example")
    send(paid)
    message = box.outbox[0]
    assert message.from_email == '"Prints, Ltd" <shop@localhost>'
    assert message.reply_to == ["hello@prints.example"]
