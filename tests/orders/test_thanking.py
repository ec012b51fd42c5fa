"""Who has paid sees it, and has it in writing."""

from typing import Any

import pytest
from django.core import mail as box

from bodega.jobs.retries import policy_of
from bodega.orders import announcing, mails, thanking
from bodega.orders.models import Mail, Order

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    words: list[tuple[Any, ...]] = []
    monkeypatch.setattr(announcing.cable, "broadcast", lambda *said: words.append(said))
    return words


def test_the_page_hears_of_it_and_the_receipt_is_sent_once(
    paid: Order, told: list[tuple[Any, ...]]
) -> None:
    for _ in range(2):
        thanking.thank.call(paid.pk)
    about = {"number": paid.number, "status": "paid"}
    assert told[:2] == [(paid.channel, "order", about), ("orders", "order", about)]
    assert [message.to for message in box.outbox] == [[paid.email]]
    assert Mail.objects.get(kind="receipt").state == Mail.State.SENT


def test_the_page_hears_of_it_also_while_no_mail_can_be_sent(
    paid: Order, told: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> int:
        raise OSError("no mail server")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", unreachable)
    with pytest.raises(OSError, match="no mail server"):
        thanking.thank.call(paid.pk)
    assert told
    assert Mail.objects.get(kind="receipt").state == Mail.State.FAILED


def test_it_is_tried_as_often_as_any_mail() -> None:
    policy = policy_of("bodega.orders.thanking.thank")
    assert policy == policy_of("bodega.orders.mails.send")
    assert (policy.attempts, policy.longest) == (mails.ATTEMPTS, mails.LONGEST_WAIT)
