"""When checkout is closed, when it opens, and whom that must not bother."""

from datetime import timedelta
from typing import Any

import pytest

from bodega.jobs.models import Job
from bodega.lib.clock import utc_now
from bodega.payments import opening, stripe
from bodega.payments.models import Attempt, Reconciliation
from bodega.payments.reconciling import jobs, paging
from bodega.payments.reconciling.running import Kind
from tests.payments.reconciling.conftest import Town, bank_process, states, town

__all__ = ["bank_process", "town"]

MINUTE = timedelta(minutes=1)


def a_run(*, ago: timedelta, kind: str = Kind.SWEEP, is_finished: bool = True) -> Reconciliation:
    then = utc_now() - ago
    done = then if is_finished else None
    return Reconciliation.objects.create(kind=kind, since=then, started_at=then, finished_at=done)


def sold(town: Town, *, ago: timedelta) -> None:
    """The shop has sold something, so long ago."""
    town.order()
    Attempt.objects.update(created_at=utc_now() - ago)
    opening.forget()


def is_open() -> bool:
    opening.forget()
    return opening.is_open(utc_now())


def test_a_new_shop_opens_at_once(town: Town) -> None:
    assert is_open()


def test_a_shop_whose_first_sale_was_just_now_is_open(town: Town) -> None:
    sold(town, ago=2 * MINUTE)
    assert is_open()


def test_a_shop_that_nobody_watched_for_long_is_closed_until_the_sweep(town: Town) -> None:
    sold(town, ago=timedelta(days=1))
    assert not is_open()
    opening.open_checkout.call()
    assert is_open()


def test_an_old_sweep_closes_and_a_recent_one_does_not(town: Town) -> None:
    sold(town, ago=timedelta(days=1))
    a_run(ago=16 * MINUTE)
    assert not is_open()
    a_run(ago=10 * MINUTE)  # another generation's: a deploy beside it opens at once
    assert is_open()


def test_a_restored_shop_is_closed_however_young_its_backup(town: Town) -> None:
    a_run(ago=MINUTE)
    assert is_open()
    a_run(ago=MINUTE / 2, kind=Kind.OPENING, is_finished=False)
    assert not is_open()


def test_the_opening_sweep_finds_what_the_backup_did_not_know(town: Town) -> None:
    a_run(ago=MINUTE)
    order = town.paid()
    town.lose(order)
    a_run(ago=MINUTE / 2, kind=Kind.OPENING, is_finished=False)
    opening.open_checkout.call()
    assert is_open()
    assert Reconciliation.objects.filter(kind=Kind.OPENING).get().rebuilt == 1


def test_the_recurring_sweep_opens_it_too(town: Town) -> None:
    waiting = a_run(ago=MINUTE, kind=Kind.OPENING, is_finished=False)
    Reconciliation.objects.filter(pk=waiting.pk).update(since=utc_now() - timedelta(hours=2))
    jobs.sweep.call()
    assert is_open()


def test_a_shop_without_a_bank_is_never_closed(town: Town, settings: Any) -> None:
    sold(town, ago=timedelta(days=1))
    settings.FAKESTRIPE_URL = ""
    assert is_open()
    jobs.sweep.call()
    assert not Reconciliation.objects.exists()


def test_the_demos_invented_past_closes_nothing(town: Town) -> None:
    sold(town, ago=timedelta(days=30))
    Attempt.objects.update(session_id="cs_demo_1")
    assert is_open()


def test_while_stripe_is_silent_it_stays_closed_and_says_why(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold(town, ago=timedelta(days=1))
    monkeypatch.setattr(paging, "PAUSES", ())

    def unreachable(**_: Any) -> None:
        raise stripe.StripeUnreachable("connection refused")

    with monkeypatch.context() as outage:
        outage.setattr(stripe, "client", unreachable)
        with pytest.raises(stripe.StripeUnreachable):  # the job is tried again
            opening.open_checkout.call()
        jobs.sweep.call()  # the recurring one says it on its row
    assert not is_open()
    errors = set(Reconciliation.objects.values_list("error", flat=True))
    assert errors == {"connection refused"}
    opening.open_checkout.call()
    assert is_open()


@pytest.mark.django_db(databases=["default", "queue"])
def test_a_worker_that_starts_asks_for_the_sweep_only_if_it_is_due(town: Town) -> None:
    opening.ask_for_sweep()
    assert not Job.objects.exists()
    sold(town, ago=timedelta(days=1))
    opening.ask_for_sweep()
    assert Job.objects.get().task == "bodega.payments.opening.open_checkout"


def test_an_opening_that_is_not_due_any_more_asks_nobody(town: Town) -> None:
    order = town.paid()
    opening.open_checkout.call()
    assert states(order)[0] == "awaiting_payment"
    assert not Reconciliation.objects.exists()
