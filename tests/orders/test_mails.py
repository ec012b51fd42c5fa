"""One receipt, however often it is asked for."""

import smtplib
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail as box
from django.db import transaction

from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import dispatching, mails
from bodega.orders.dispatching import Label
from bodega.orders.models import Mail, MailTemplate, Order, OrderEvent
from bodega.orders.paying import mark_paid
from bodega.payments.models import Refund, RefundLine
from tests.till import drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


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


def test_the_merchant_s_own_words_are_sent(paid: Order) -> None:
    MailTemplate.objects.create(kind="receipt", subject="Danke, {name}", body="# Super\n\n{total}!")
    send(paid)
    assert box.outbox[0].subject == "Danke, Ada Lovelace"
    assert "Super\n\n€54.90!" in body("text/plain")
    assert "<h1>Super</h1>" in body("text/html")
    assert "Torstr. 1" in body("text/plain"), "facts cannot be worded away"


def test_each_matter_has_a_mail_of_its_own(paid: Order) -> None:
    line = paid.lines.get().pk
    for _ in range(2):
        dispatching.ship(paid, {line: 1}, Label("DHL", "1"), actor="clerk", at=utc_now())
    for about in ("1", "2", "1"):
        mails.send.call(paid.pk, "shipped", about)
    ids = [message.extra_headers["Message-ID"] for message in box.outbox]
    assert len(set(ids)) == 2
    assert "Follow the parcel: https://www.dhl.com/" in box.outbox[0].body


def test_a_refund_is_told_with_its_amount_and_articles(paid: Order) -> None:
    refund = Refund.objects.create(
        order=paid,
        attempt=paid.attempts.get(),
        idempotency_key="refund-" + "a" * 90,
        amount=2990,
        shipping=490,
        currency="EUR",
        actor="clerk",
        created_at=utc_now(),
    )
    RefundLine.objects.create(refund=refund, line=paid.lines.get(), quantity=1, amount=2500)
    mails.send.call(paid.pk, "refunded", about=refund.idempotency_key)
    for said in ("€29.90", "1 × Dunes", "Shipping: €4.90"):
        assert said in body("text/plain")
    mail = Mail.objects.get()
    assert len(mail.message_id) <= 120
    assert mail.about == refund.idempotency_key


def test_a_mail_about_nothing_is_not_sent(paid: Order) -> None:
    with pytest.raises(Refund.DoesNotExist):
        mails.send.call(paid.pk, "refunded", about="unknown")
    assert box.outbox == []


def test_a_mail_is_sent_again_to_whom_the_clerk_names_once_per_click(paid: Order) -> None:
    send(paid)
    first = Mail.objects.get()
    for _ in range(2):
        mails.resend(first, 2, recipient="ada@home.example", actor="clerk", at=utc_now())
    drain()
    assert [message.to for message in box.outbox] == [["ada@example.com"], ["ada@home.example"]]
    again = Mail.objects.get(about="resend 2")
    assert again.message_id != first.message_id
    assert paid.events.filter(kind="mail_again", actor="clerk").count() == 1
    drain()
    mails.resend(again, 3, recipient="ada@example.com", actor="clerk", at=utc_now())
    drain()
    assert Mail.objects.filter(about="resend 3", state="sent").exists()


def test_what_is_sent_again_is_about_the_same_matter(paid: Order) -> None:
    dispatching.ship_rest(paid, actor="clerk", at=utc_now())
    drain()
    mail = Mail.objects.get(kind="shipped")
    mails.resend(mail, 2, recipient=mail.recipient, actor="clerk", at=utc_now())
    drain()
    assert Mail.objects.get(about="1 resend 2").state == Mail.State.SENT
    assert mails.matter_of("1 resend 2") == "1"
    assert mails.matter_of("resend 2") == ""


def test_the_merchant_hears_of_a_new_order_if_she_wants(order: Order) -> None:
    Merchant.objects.update(orders_email="desk@prints.example")
    with transaction.atomic():
        mark_paid(order, at=utc_now(), actor="stripe", livemode=False)
    drain()
    news = next(message for message in box.outbox if message.to == ["desk@prints.example"])
    assert news.subject == f"New order {order.number} over €54.90"


def test_a_merchant_who_has_changed_her_mind_is_not_told(paid: Order) -> None:
    mails.send.call(paid.pk, "new_order")
    assert box.outbox == []
    with pytest.raises(mails.NobodyToTell):
        mails.recipient_of(paid, mails.KINDS["new_order"], "")


@pytest.mark.parametrize("kind", ["payment_failed", "expired"])
def test_gentle_words_need_no_matter(order: Order, kind: str) -> None:
    mails.send.call(order.pk, kind)
    assert "nothing was charged" in body("text/plain").lower()
