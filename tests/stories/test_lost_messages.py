"""Webhooks and success pages get lost, doubled and late; the order is paid once all the same.

Real processes: web, worker, and the bank that calls the webhook.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.street import Passer, Street, open_street, passer

pytestmark = [pytest.mark.process, pytest.mark.slow]


@pytest.fixture(scope="module")
def busy_street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    directory: Path = tmp_path_factory.mktemp("street")
    with open_street(directory / "volume") as street:
        street.start("worker")
        yield street


@pytest.fixture
def ada(busy_street: Street) -> Iterator[Passer]:
    with passer(busy_street) as ada:
        yield ada
    busy_street.bank.clear_faults()


def status(street: Street, session: str) -> str:
    rows = street.ask(
        "SELECT o.status FROM orders_order o JOIN payments_attempt a ON a.order_id = o.id "
        f"WHERE a.session_id = '{session}'"
    )
    return str(rows[0][0])


def charges(street: Street, session: str) -> int:
    rows = street.ask(
        "SELECT count(*) FROM payments_ledgerentry l JOIN payments_attempt a ON a.id = l.attempt_id "
        f"WHERE a.session_id = '{session}'"
    )
    return int(rows[0][0])


def receipts(street: Street, session: str) -> list[str]:
    rows = street.ask(
        "SELECT m.state FROM orders_mail m JOIN payments_attempt a ON a.order_id = m.order_id "
        f"WHERE a.session_id = '{session}'"
    )
    return [row[0] for row in rows]


def paid_once_and_mailed(street: Street, session: str) -> None:
    street.wait(lambda: receipts(street, session) == ["sent"], "one receipt")
    assert status(street, session) == "paid"
    assert charges(street, session) == 1


def test_a_lost_success_page_is_made_up_for_by_the_webhook(ada: Passer) -> None:
    session = ada.order()
    ada.street.bank.pay(session)
    paid_once_and_mailed(ada.street, session)


def test_a_lost_webhook_is_made_up_for_by_the_success_page(ada: Passer) -> None:
    ada.street.bank.fault("lost", "*", 20)
    session = ada.order()
    ada.street.bank.pay(session)
    ada.street.bank.wait_delivered()
    assert status(ada.street, session) == "awaiting_payment"
    response = ada.browser.get(f"/payments/return/?session_id={session}")
    assert response.status_code == 303
    assert "Thank you for your order" in ada.browser.get(response.headers["Location"]).text
    paid_once_and_mailed(ada.street, session)


def test_doubled_webhooks_and_a_reloaded_success_page_settle_once(ada: Passer) -> None:
    ada.street.bank.fault("twice", "*", 20)
    session = ada.order()
    ada.street.bank.pay(session)
    for _ in range(3):
        assert ada.browser.get(f"/payments/return/?session_id={session}").status_code == 303
    ada.street.bank.wait_delivered()
    paid_once_and_mailed(ada.street, session)


def test_an_answer_that_never_came_is_asked_for_again_and_gives_the_same_session(
    ada: Passer,
) -> None:
    ada.street.bank.fault("drop", "POST /v1/checkout/sessions", 1)
    session = ada.order()
    assert len(ada.street.ask("SELECT 1 FROM payments_attempt WHERE state = 'new'")) == 0
    ada.street.bank.pay(session)
    paid_once_and_mailed(ada.street, session)


def test_a_bank_that_is_down_gives_a_page_with_a_button_that_goes_on(ada: Passer) -> None:
    ada.street.bank.fault("error", "POST /v1/checkout/sessions", 10, when="before")
    with pytest.raises(AssertionError, match="could not be started"):
        ada.order()
    ada.street.bank.clear_faults()
    ((public_id, state),) = ada.street.ask(
        "SELECT o.public_id, a.state FROM payments_attempt a JOIN orders_order o "
        "ON o.id = a.order_id ORDER BY a.id DESC LIMIT 1"
    )
    assert state == "unknown"
    assert ada.browser.post(f"/payments/sessions/{public_id}/").status_code == 503, (
        "a 500 stays under its key for a day"
    )
    page = ada.browser.get(f"/orders/{public_id}/").text
    assert "Waiting for your payment" in page


def test_a_direct_debit_keeps_the_page_waiting_until_the_bank_is_done(ada: Passer) -> None:
    session = ada.order()
    ada.street.bank.pay(session, account="DE89370400440532013000")
    response = ada.browser.get(f"/payments/return/?session_id={session}")
    page = ada.browser.get(response.headers["Location"]).text
    assert "Your bank is processing the payment" in page
    ada.street.bank.advance(60)  # its transfers take seconds
    paid_once_and_mailed(ada.street, session)
    assert "Thank you" in ada.browser.get(response.headers["Location"]).text
