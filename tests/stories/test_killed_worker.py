"""kill −9 of the worker between payment and mail: exactly one paid order and one mail."""

import socket
from pathlib import Path

import pytest

from tests.stories.street import Street, open_street, passer

pytestmark = [pytest.mark.process, pytest.mark.slow]
PAID = "SELECT count(*) FROM orders_order WHERE status = 'paid'"
LEDGER = "SELECT count(*), sum(amount) FROM payments_ledgerentry"
RECEIPTS = "SELECT state FROM orders_mail"
SHELF = "SELECT on_hand, reserved FROM catalog_stock"


def paid_orders(street: Street) -> int:
    return int(street.ask(PAID)[0][0])


def test_a_worker_killed_while_it_sends_the_receipt(tmp_path: Path) -> None:
    with (
        open_street(tmp_path / "volume") as street,
        passer(street) as ada,
        socket.create_server(("127.0.0.1", 0)) as silent_mail_server,
    ):
        session = ada.order()
        street.bank.pay(session)
        street.bank.wait_delivered()
        assert paid_orders(street) == 0, "the webhook is stored; no worker has applied it"

        host, port = silent_mail_server.getsockname()
        first = street.start("worker", BODEGA_SMTP_HOST=host, BODEGA_SMTP_PORT=str(port))
        silent_mail_server.settimeout(30)
        conversation, _ = silent_mail_server.accept()
        assert paid_orders(street) == 1, "paid, and now it is about to mail"
        street.kill(first)
        conversation.close()
        assert street.ask(RECEIPTS) == [("waiting",)]
        assert street.mails() == [], "without a restart there would be none"

        street.start("worker")
        street.wait(lambda: street.ask(RECEIPTS) == [("sent",)], "the receipt")
        assert paid_orders(street) == 1
        assert street.ask(LEDGER) == [(1, 2990)]
        assert street.ask(SHELF) == [(9, 0)]
        (receipt,) = street.mails()
        assert "Thank you for your order" in receipt.read_text()
        assert len(street.bank.ledger()) == 1


def test_workers_killed_again_and_again_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    orders = 3
    with open_street(tmp_path / "volume") as street:
        for done in range(orders):
            with passer(street) as somebody:
                street.bank.pay(somebody.order())
            worker = street.start("worker")
            street.wait(lambda: paid_orders(street) > done, "a paid order")  # noqa: B023 - used at once
            street.kill(worker)
        street.start("worker")
        street.wait(lambda: street.ask(RECEIPTS) == [("sent",)] * orders, "every receipt")
        street.wait(
            lambda: (
                street.ask("SELECT count(*) FROM payments_webhookevent WHERE processed_at IS NULL")
                == [(0,)]
            ),
            "every event applied",
        )
        assert paid_orders(street) == len(street.bank.ledger()) == orders
        assert street.ask(LEDGER) == [(orders, 2990 * orders)]
        assert street.ask(SHELF) == [(10 - orders, 0)]
        assert len(street.mails()) == orders
