"""Acceptance 4: yesterday's backup is restored, and today's paid orders are there before checkout opens.

Real processes, `bodega backup` and `bodega restore`. Some were paid before the backup, some after it;
one had ordered before and paid after.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.street import Street, open_street, passer

pytestmark = [pytest.mark.process, pytest.mark.slow]

ORDERS = """
    SELECT o.id, o.public_id, o.number, o.status, o.total, o.email, i.number
    FROM orders_order o JOIN orders_invoice i ON i.order_id = o.id ORDER BY o.id
"""
RECEIPT = """
    SELECT m.state FROM orders_mail m JOIN payments_attempt a ON a.order_id = m.order_id
    WHERE a.session_id = '{}'
"""
RECOVERED = "SELECT count(*) FROM orders_order WHERE is_recovered"
NUMBERS = "SELECT number FROM orders_order ORDER BY id"


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with open_street(tmp_path / "volume") as street:
        street.start("worker")
        yield street


def ordered(street: Street) -> str:
    with passer(street) as somebody:
        return somebody.order()


def pay(street: Street, *sessions: str) -> None:
    """They pay, and the shop has heard of it and told them, one after the other."""
    for session in sessions:
        street.bank.pay(session)
        sql = RECEIPT.format(session)
        street.wait(lambda sql=sql: street.ask(sql) == [("sent",)], "the receipt")  # type: ignore[misc]  # mypy cannot infer a default


def run(street: Street, *words: str) -> None:
    done = street.run(*words)
    assert done.returncode == 0, done.stdout + done.stderr


def a_day_and_then_its_morning(street: Street, place: Path) -> list[tuple[object, ...]]:
    """A day of business, and the restore of the backup that was made before it; the paid orders that
    there were."""
    waiting = ordered(street)
    pay(street, ordered(street))
    run(street, "backup", str(place))
    pay(street, waiting, *(ordered(street) for _ in range(3)))
    there_were = street.ask(ORDERS)
    assert len(there_were) == 5
    for process in list(street.running):
        street.kill(process)
    run(street, "restore", str(place))
    run(street, "manage", "collectstatic", "--noinput")  # as `bodega up` does; it is in no backup
    assert len(street.ask(ORDERS)) == 1, "the backup knows of one"
    return there_were


def test_todays_paid_orders_are_there_again_before_checkout_opens(
    street: Street, tmp_path: Path
) -> None:
    there_were = a_day_and_then_its_morning(street, tmp_path / "backups")
    street.open()
    with passer(street) as somebody:
        somebody.fill_cart()
        closed = somebody.browser.get("/checkout/")
        assert closed.status_code == 503
        assert "Checkout opens in a moment" in closed.text
        assert somebody.browser.get("/").status_code == 200, "the catalogue is up"
        street.start("worker")
        street.wait(lambda: somebody.browser.get("/checkout/").status_code == 200, "the checkout")
        there_are = street.ask(ORDERS)  # in the moment in which it opened
    assert there_are == there_were, "under their own numbers, on their invoices too"
    assert street.ask(RECOVERED) == [(3,)], "the one that waited was only paid again"
    assert len(street.bank.ledger()) == 5
    assert street.ask("SELECT count(*), sum(amount) FROM payments_ledgerentry") == [(5, 5 * 2990)]
    assert street.ask("SELECT on_hand, reserved FROM catalog_stock") == [(5, 0)]

    pay(street, ordered(street))
    numbers = [number for (number,) in street.ask(NUMBERS)]
    assert len(set(numbers)) == len(numbers) == 6
    assert len({each[-1] for each in street.ask(ORDERS)}) == 6, "no invoice's number twice"
    run(street, "audit")


def test_a_shop_that_opens_at_once_sells_todays_numbers_again(
    street: Street, tmp_path: Path
) -> None:
    """The control: the same restore, and nobody asks Stripe before the first customer."""
    there_were = a_day_and_then_its_morning(street, tmp_path / "backups")
    forget_the_demand(street)
    street.open()
    ordered(street)
    assert len(street.bank.ledger()) == 5
    assert street.ask("SELECT count(*) FROM orders_order WHERE status = 'paid'") == [(1,)]
    new = street.ask("SELECT id FROM orders_order ORDER BY id DESC LIMIT 1")[0][0]
    assert new in {row[0] for row in there_were}, "somebody else's order has this id"


def forget_the_demand(street: Street) -> None:
    """What the restore left, so that whoever starts sweeps first."""
    shop = sqlite3.connect(street.volume / "primary.sqlite3")
    with shop:
        gone = shop.execute("DELETE FROM payments_reconciliation WHERE kind = 'opening'").rowcount
    shop.close()
    assert gone == 1
