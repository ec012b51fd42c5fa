"""Whole runs: what they leave behind, how far back they look, and what happens when Stripe is silent."""

from datetime import timedelta

import pytest

from bodega.databases.leases import Lease
from bodega.lib.clock import utc_now
from bodega.payments import stripe
from bodega.payments.models import Discrepancy, Reconciliation
from bodega.payments.reconciling import paging, running
from bodega.payments.reconciling.running import Busy, Kind, reconcile, rehearse
from tests.payments.reconciling.conftest import Town, states

HOUR = timedelta(hours=1)


def a_row(kind: str = Kind.SWEEP, *, ago: timedelta, is_finished: bool = True) -> Reconciliation:
    """A run of the past that looked back a day."""
    then = utc_now() - ago
    done = then + timedelta(seconds=2) if is_finished else None
    since = then - timedelta(days=1)
    return Reconciliation.objects.create(kind=kind, since=since, started_at=then, finished_at=done)


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers, and nobody waits for it."""
    monkeypatch.setattr(paging, "PAUSES", ())
    monkeypatch.setattr(stripe, "client", _unreachable)


def _unreachable(**_: object) -> None:
    raise stripe.StripeUnreachable("connection refused")


def test_a_run_is_a_row_with_what_it_saw_and_did(town: Town) -> None:
    lost, unheard = town.paid(), town.paid()
    town.lose(lost)
    run = reconcile(Kind.MANUAL)
    row = Reconciliation.objects.get()
    assert (row.settled, row.rebuilt, row.findings, row.error) == (2, 1, 0, "")
    assert row.seen == run.seen.total() == 6  # two sessions, charges, balance transactions
    assert row.finished_at
    assert 0 <= row.lag < 120
    assert states(unheard)[0] == "paid"
    assert not Discrepancy.objects.exists()


def test_everything_again_settles_nothing_and_finds_nothing(town: Town) -> None:
    town.paid()
    reconcile(Kind.NIGHTLY)
    run = reconcile(Kind.NIGHTLY)
    assert (run.settled, run.found) == (0, {})
    assert run.seen["charges"] == 1


def test_a_first_run_looks_back_as_far_as_any(db: None) -> None:
    now = utc_now()
    assert running.due_since(now) == now - running.THOROUGH_SPAN


def test_the_next_run_begins_where_a_session_could_have_been_open(db: None) -> None:
    last = a_row(ago=HOUR * 48)
    assert running.due_since(utc_now()) == last.started_at - running.SESSION_LIFE


def test_a_restored_volume_looks_back_to_its_backup_however_old(db: None) -> None:
    last = a_row(ago=timedelta(days=90))
    assert running.due_since(utc_now()) == last.started_at - running.SESSION_LIFE


def test_what_an_unfinished_run_should_have_seen_is_not_forgotten(db: None) -> None:
    left = a_row(Kind.OPENING, ago=HOUR * 30, is_finished=False)
    a_row(ago=HOUR)
    assert running.due_since(utc_now()) == left.since


def test_a_run_by_hand_that_was_broken_off_makes_the_sweeps_no_longer(db: None) -> None:
    last = a_row(ago=HOUR)
    a_row(Kind.MANUAL, ago=timedelta(days=60), is_finished=False)
    assert running.due_since(utc_now()) == last.started_at - running.SESSION_LIFE


def test_a_run_of_less_than_the_sweeper_has_missed_looks_at_that_too(db: None) -> None:
    last = a_row(ago=HOUR * 10)
    row = running.begin(Kind.MANUAL, utc_now() - HOUR, utc_now())
    assert row.since == last.started_at - running.SESSION_LIFE


def test_only_one_at_a_time(town: Town) -> None:
    with Lease(running.LEASE), pytest.raises(Busy):
        reconcile(Kind.SWEEP)
    reconcile(Kind.SWEEP)


def test_a_silent_stripe_is_written_down_and_the_next_run_goes_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = town.paid()
    with monkeypatch.context() as outage:
        outage.setattr(paging, "PAUSES", ())
        outage.setattr(stripe, "client", _unreachable)
        with pytest.raises(stripe.StripeUnreachable):
            reconcile(Kind.SWEEP)
    row = Reconciliation.objects.get()
    assert (row.finished_at, row.error) == (None, "connection refused")
    reconcile(Kind.SWEEP)
    row = Reconciliation.objects.get()
    assert row.finished_at
    assert (row.error, row.settled) == ("", 1)
    assert states(order)[0] == "paid"


def test_a_bank_that_says_too_many_is_asked_again(town: Town) -> None:
    waits: list[float] = []
    town.bank.fault("limit", "GET /v1/charges", count=1)
    assert list(paging.pages("/v1/charges", {}, wait=waits.append)) == [[]]
    assert waits == [1.0]


def test_a_bank_that_never_answers_is_given_up(silence: None) -> None:
    with pytest.raises(stripe.StripeUnreachable):
        list(paging.pages("/v1/charges", {}))


def test_a_finished_run_opens_what_waited_for_as_much(town: Town) -> None:
    waiting = a_row(Kind.OPENING, ago=HOUR, is_finished=False)
    reconcile(Kind.SWEEP)
    waiting.refresh_from_db()
    assert waiting.finished_at


def test_a_rehearsal_writes_nothing(town: Town) -> None:
    order = town.paid()
    run = rehearse(since=None)
    assert run.counts == {"not_in_shop": 1}
    assert states(order)[0] == "awaiting_payment"
    assert not Reconciliation.objects.exists()
    assert not Discrepancy.objects.exists()


def test_sweeps_in_which_nothing_happened_are_forgotten_after_a_while(db: None) -> None:
    old, busy = (a_row(ago=timedelta(days=40)) for _ in range(2))
    Reconciliation.objects.filter(pk=busy.pk).update(settled=1)
    young = a_row(ago=HOUR)
    running.forget_old(utc_now())
    assert set(Reconciliation.objects.values_list("pk", flat=True)) == {busy.pk, young.pk}
    assert old.pk not in {busy.pk, young.pk}
