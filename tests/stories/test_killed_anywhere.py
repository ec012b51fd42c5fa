"""Acceptance 1: kill −9 at every step between "order committed" and "mail sent" (design 5.5).

First somebody buys while the processes write down all their steps. Then somebody buys for each step,
and the process is killed there. After a restart and a sweep every charge has exactly one paid order
and one mail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stories.company import KILLED, Company, Step, bank_file, company, steps_in
from tests.stories.street import Street, open_street, passer, session_in

pytestmark = [pytest.mark.process, pytest.mark.slow]
STOCK = 500
EVENT = (
    "checkout.session.completed"  # one event a payment, so that all purchases have the same steps
)
OF_SESSION = """
    SELECT o.status,
        (SELECT count(*) FROM payments_ledgerentry l WHERE l.order_id = o.id),
        (SELECT count(*) FROM orders_mail m WHERE m.order_id = o.id AND m.state = 'sent')
    FROM orders_order o JOIN payments_attempt a ON a.order_id = o.id WHERE a.session_id = '{}'
"""
WAITING = """
    SELECT
        (SELECT count(*) FROM outbox_message WHERE dispatched_at IS NULL),
        (SELECT count(*) FROM payments_webhookevent WHERE processed_at IS NULL),
        (SELECT count(*) FROM orders_mail WHERE state != 'sent')
"""
WHOLE = [("paid", 1, 1)]  # one ledger row, one mail


@contextmanager
def shop(directory: Path, without: str = "") -> Iterator[Company]:
    volume = directory / "volume"
    bank = ["--data", str(bank_file(volume)), "--events", EVENT, "--retries", "0.1,1"]
    with (
        open_street(volume, *bank, on_hand=STOCK, is_open=False) as street,
        company(street, without) as people,
    ):
        people.serve()
        session = purchase(people)
        worker = work(people, session)
        wait_for_mail(people, session)
        people.kill(worker)  # everything has happened once: folders, files
        yield people


def purchase(people: Company, *, comes_back: bool = False) -> str:
    """Somebody buys, whatever falls down meanwhile; returns the session."""
    bank = people.street.bank
    with passer(people.street) as ada:
        people.patiently(ada.fill_cart)
        form = people.patiently(ada.form)
        session = session_in(people.patiently(lambda: ada.send(form)))
        bank.pay(session)
        people.street.wait(lambda: not bank.state()["waiting"] or people.has_fallen(), "the event")
        people.revive()
        if comes_back:
            people.patiently(lambda: ada.come_back(session))
    return session


def work(people: Company, session: str, **options: object) -> int:
    """A worker, until the session's order has its mail and nothing is left to do, or it has fallen."""
    worker = people.start("worker", "--threads", "1", **options)  # type: ignore[arg-type]  # handed on
    people.street.wait(
        lambda: people.end_of(worker) is not None or is_all_done(people.street),
        f"the work on {session}",
    )
    return worker


def is_all_done(street: Street) -> bool:
    """Whether every paid order has its mail, and nothing waits any more."""
    jobs = "SELECT count(*) FROM jobs_job WHERE state IN ('ready', 'running')"
    return street.ask(WAITING) == [(0, 0, 0)] and street.ask(jobs, "queue") == [(0,)]


def wait_for_mail(people: Company, session: str) -> None:
    """Until the order has its mail: without an outbox no row says that one is to be sent."""
    told = OF_SESSION.format(session)
    people.street.wait(lambda: people.street.ask(told) == WHOLE, f"the mail of {session}")


def steps_of_web(people: Company, notes: Path, *, comes_back: bool = True) -> list[Step]:
    """From the order's commit to the success page."""
    people.serve(steps=notes)
    session = purchase(people, comes_back=comes_back)
    if not comes_back:
        wait_for_mail(people, session)
    people.serve()
    steps = steps_in(notes)
    placed = next(n for n, step in enumerate(steps) if "primary" in step.changed)
    return steps[placed:]


def steps_of_worker(people: Company, notes: Path) -> list[Step]:
    """From the stored event to the sent mail, and what is noted afterwards."""
    people.kill(work(people, purchase(people), steps=notes))
    return steps_in(notes)


def killed_web(people: Company, step: Step, *, comes_back: bool = True) -> str:
    """Somebody buys, and the web process falls at that step; returns the session."""
    people.serve(step=step)
    doomed = people.web
    session = purchase(people, comes_back=comes_back)
    falls(people, doomed, step)
    return session


def killed_worker(people: Company, step: Step) -> str:
    """Somebody buys, and the worker falls at that step; the next one does the rest."""
    session = purchase(people)
    falls(people, work(people, session, step=step), step)
    people.kill(work(people, session))
    return session


def falls(people: Company, doomed: int, step: Step) -> None:
    """It is killed at the step, perhaps a moment after all that it had to do was done."""
    people.street.wait(lambda: people.end_of(doomed) is not None, f"the death at {step}")
    assert people.end_of(doomed) == KILLED


def fates(street: Street) -> dict[str, list[tuple[object, ...]]]:
    """What became of every charge at the bank: its order's status, ledger rows and mails."""
    sessions = [each["session"] for each in street.bank.ledger()]
    return {session: street.ask(OF_SESSION.format(session)) for session in sessions}


def everything_is_right(people: Company) -> None:
    """After the sweep; the auditor knows more questions than this file."""
    street = people.street
    swept = street.run("reconcile")
    assert swept.returncode == 0, swept.stdout + swept.stderr
    people.kill(work(people, "swept"))
    assert {session: fate for session, fate in fates(street).items() if fate != WHOLE} == {}
    sold = len(street.bank.ledger())
    assert len(street.mails()) == sold
    assert street.ask("SELECT on_hand, reserved FROM catalog_stock") == [(STOCK - sold, 0)]
    # A kill between a commit and the barrier leaves a row that the journal has no record of.
    street.call("bodega.orders.recalling", "recall(now=utc_now() + IN_FLIGHT)")
    audit = street.run("audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr


def test_a_web_process_killed_at_every_step(tmp_path: Path) -> None:
    with shop(tmp_path) as people:
        steps = steps_of_web(people, tmp_path / "steps")
        assert {"bank.sqlite3-wal", "primary.sqlite3-wal"} <= {step.changed for step in steps}
        for step in steps:
            killed_web(people, step)
        people.serve()
        everything_is_right(people)


def test_a_worker_killed_at_every_step(tmp_path: Path) -> None:
    with shop(tmp_path) as people:
        steps = steps_of_worker(people, tmp_path / "steps")
        assert {"mail", "primary.sqlite3-wal", "queue.sqlite3-wal"} <= {s.changed for s in steps}
        for step in steps:
            killed_worker(people, step)
        everything_is_right(people)


def test_who_only_calls_back_after_the_commit_loses_payments_and_mails(tmp_path: Path) -> None:
    """The control: the same kills, in a shop in which a thread does what must follow a commit."""
    with shop(tmp_path, without="outbox") as people:
        steps = steps_of_web(people, tmp_path / "steps", comes_back=False)
        for step in steps:
            if "primary.sqlite3-wal" in step.changed:
                killed_web(people, step, comes_back=False)
        people.serve()
        people.kill(people.start("worker"))
        found = fates(people.street).values()
        assert any(status == "awaiting_payment" for ((status, _, _),) in found), "charged, not paid"
        assert any(fate == [("paid", 1, 0)] for fate in found), "paid, and never told"
