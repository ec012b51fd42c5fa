"""Acceptance 9: the event cannot be saved: 5xx, never 2xx, and Stripe's next try succeeds.

The disk is full (a small tmpfs, for which one must be root), or the table's pages are damaged.
"""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stories.street import Street, open_street, passer

pytestmark = [pytest.mark.process, pytest.mark.slow]

MEGABYTES = 64
AN_HOUR = 3600
STATUS = "SELECT status FROM orders_order"
EVENTS = "SELECT count(*) FROM payments_webhookevent"
PAGES = "SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'payments_webhookevent'"
BANK = ["--events", "checkout.session.completed", "--retries", f"{AN_HOUR},{AN_HOUR}"]


@contextmanager
def full_disk(street: Street) -> Iterator[None]:
    """Not a byte is left on the volume's file system."""
    filler = street.volume / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    yield
    filler.unlink()


@contextmanager
def damaged_table(street: Street, without: str = "") -> Iterator[None]:
    """The shop is started again with noise in the pages of the events' table and of its indexes;
    afterwards once more, since somebody has put them right."""
    close(street)
    ((size,),) = street.ask("PRAGMA page_size")
    pages = [page for (page,) in street.ask(PAGES)]
    file = os.open(street.volume / "primary.sqlite3", os.O_RDWR)
    healthy = {page: os.pread(file, size, (page - 1) * size) for page in pages}
    for page in pages:
        os.pwrite(file, b"\xa5" * size, (page - 1) * size)
    street.open(without)
    yield
    close(street)
    for page, content in healthy.items():
        os.pwrite(file, content, (page - 1) * size)
    os.close(file)
    street.open(without)


def close(street: Street) -> None:
    """Nobody is in the shop any more, and all that was in the log is in the file."""
    for process in list(street.running):
        street.kill(process)
    connection = sqlite3.connect(street.volume / "primary.sqlite3")
    assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    connection.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A directory on a file system of its own."""
    directory = tmp_path / "small"
    directory.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs"]
    subprocess.run(["mount", *options, str(directory)], check=True)
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


def ordered(street: Street) -> str:
    with passer(street) as ada:
        return ada.order()


def told(street: Street) -> list[str]:
    """How the shop answered events that the bank will try again."""
    street.wait(
        lambda: all(each["attempts"] for each in street.bank.state()["waiting"]), "the first try"
    )
    return [str(each["last"]) for each in street.bank.state()["waiting"]]


def is_paid_by_the_next_try(street: Street) -> None:
    """Nobody sweeps: it is Stripe's next try that does it."""
    street.bank.advance(AN_HOUR + 1)
    street.bank.wait_delivered()
    assert street.ask(EVENTS) == [(1,)]
    street.start("worker")
    street.wait(lambda: street.ask(STATUS) == [("paid",)], "the paid order")
    street.wait(lambda: len(street.mails()) == 1, "the receipt")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_disk_is_a_503_and_the_next_try_succeeds(small: Path) -> None:
    with open_street(small / "volume", *BANK) as street:
        session = ordered(street)
        with full_disk(street):
            street.bank.pay(session)
            assert told(street) == ["503"]
            assert street.ask(EVENTS) == [(0,)]
        is_paid_by_the_next_try(street)


def test_a_damaged_primary_is_a_5xx_and_the_next_try_succeeds(tmp_path: Path) -> None:
    with open_street(tmp_path / "volume", *BANK) as street:
        session = ordered(street)
        with damaged_table(street):
            street.bank.pay(session)
            (answer,) = told(street)
            assert answer in {"500", "503"}
        is_paid_by_the_next_try(street)


def test_who_logs_it_and_answers_200_is_never_told_again(tmp_path: Path) -> None:
    """The control: the same damage, and a webhook that never fails."""
    with open_street(tmp_path / "volume", *BANK) as street:
        session = ordered(street)
        with damaged_table(street, without="honesty"):
            street.bank.pay(session)
            street.bank.wait_delivered()
        street.bank.advance(AN_HOUR + 1)
        assert street.bank.state()["waiting"] == []
        assert street.ask(EVENTS) == [(0,)]
        assert street.ask(STATUS) == [("awaiting_payment",)]
        assert len(street.bank.ledger()) == 1
