"""`bodega reconcile`: what it prints, and what its exit codes mean."""

import argparse
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bodega.cli import reconcile as verb
from bodega.databases.leases import Lease
from bodega.lib.clock import utc_now
from bodega.payments import stripe
from bodega.payments.models import Discrepancy, Reconciliation
from bodega.payments.reconciling import paging, running
from tests.payments.reconciling.conftest import Town, bank_process, states, town

__all__ = ["bank_process", "town"]

Capture = pytest.CaptureFixture[str]


def test_agreement_is_code_0_and_a_sentence(town: Town, capsys: Capture) -> None:
    order = town.paid()
    assert verb.run([]) == 0
    told = capsys.readouterr().out
    assert "1 sessions" in told
    assert "Settled 1 order that nobody had told the shop of." in told
    assert "Stripe and the shop agree." in told
    assert states(order)[0] == "paid"
    assert Reconciliation.objects.get().kind == "manual"


def test_a_lost_order_is_rebuilt_and_told(town: Town, capsys: Capture) -> None:
    town.lose(town.paid())
    assert verb.run([]) == 0
    assert "1 of them had been lost and are rebuilt" in capsys.readouterr().out


def test_differences_are_code_1_and_listed(town: Town, capsys: Capture) -> None:
    order = town.paid()
    verb.run([])
    order.ledger.update(amount=1)
    capsys.readouterr()
    assert verb.run([]) == 1
    told = capsys.readouterr().out
    assert "The amounts differ: " in told
    assert "shop €0.01 Stripe €29.90" in told
    assert "/backoffice/payments/discrepancy/" in told
    order.ledger.update(amount=order.total)
    assert verb.run([]) == 0


def test_a_dry_run_is_code_1_and_changes_nothing(town: Town, capsys: Capture) -> None:
    order = town.paid()
    assert verb.run(["--dry-run"]) == 1
    told = capsys.readouterr().out
    assert "Charged, but not in the shop: 1" in told
    assert "Nothing was changed." in told
    assert states(order)[0] == "awaiting_payment"
    assert not Reconciliation.objects.exists()
    assert not Discrepancy.objects.exists()


def test_json_is_one_object_with_amounts_in_minor_units(town: Town, capsys: Capture) -> None:
    order = town.paid()
    assert verb.run(["--dry-run", "--json", "--since", "2d"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["dry_run"] is True
    assert told["open"] == {"not_in_shop": 1}
    (found,) = told["differences"]["not_in_shop"]
    assert found["there"] == order.total
    since = datetime.fromisoformat(told["since"])
    assert timedelta(hours=47) < utc_now() - since < timedelta(hours=49)
    assert verb.run(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["settled"], told["open"]["not_in_shop"], told["seen"]["charges"]) == (1, 0, 1)


def test_a_silent_stripe_is_code_2(
    town: Town, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(**_: Any) -> None:
        raise stripe.StripeUnreachable("connection refused")

    monkeypatch.setattr(paging, "PAUSES", ())
    monkeypatch.setattr(stripe, "client", unreachable)
    assert verb.run([]) == 2
    told = capsys.readouterr().err
    assert "Stripe does not answer: connection refused" in told
    assert "run it again" in told


def test_another_run_under_way_is_code_2(town: Town, capsys: Capture) -> None:
    with Lease(running.LEASE):
        assert verb.run([]) == 2
    assert "Another process is comparing" in capsys.readouterr().err


def test_without_a_key_there_is_nothing_to_compare_with(
    db: None, capsys: Capture, settings: Any
) -> None:
    settings.FAKESTRIPE_URL = settings.STRIPE_SECRET_KEY = ""
    assert verb.run([]) == 2
    assert "There is no Stripe key" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T08:30", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("2026-11-01T08:30+01:00", datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
    ],
)
def test_when_is_a_date_or_a_time(text: str, found: datetime) -> None:
    assert verb.moment(text) == found


@pytest.mark.parametrize(("text", "hours"), [("2d", 48), ("12h", 12), ("90m", 1.5)])
def test_when_is_a_span_too(text: str, hours: float) -> None:
    assert abs(utc_now() - verb.moment(text) - timedelta(hours=hours)) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["yesterday", "5", "d", "-3d", "999999d", "2026-13-01"])
def test_what_is_no_time_gets_a_sentence(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no time; as in 90d"):
        verb.moment(text)


def test_the_help_fits_a_screen() -> None:
    assert len(verb.parser().format_help().splitlines()) <= 24
