"""What doctor says of money: open differences, a sweeper that does not run, a wrong endpoint."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bodega.databases.opening import open_file
from tests.ops.doctor.conftest import Examine

pytestmark = pytest.mark.process


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).replace(tzinfo=None).isoformat(" ")


def insert(shop: Path, table: str, **values: Any) -> None:
    connection = open_file("primary", shop)
    connection.execute("PRAGMA foreign_keys=off")
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))
    connection.close()


def a_sale(shop: Path, session: str = "cs_live_1", **span: float) -> None:
    made = ago(**span)
    insert(
        shop,
        "payments_attempt",
        order_id=1,
        n=1,
        idempotency_key=session,
        session_id=session,
        session_url="",
        payment_intent="",
        amount=100,
        currency="EUR",
        captured=0,
        refunded=0,
        state="paid",
        error="",
        livemode=1,
        expires_at=made,
        created_at=made,
        updated_at=made,
    )


def a_run(shop: Path, kind: str, *, finished: bool = True, **values: Any) -> None:
    span = values.pop("span", {"minutes": 1})
    began = ago(**span)
    usual = {"kind": kind, "since": began, "started_at": began, "seen": 1, "settled": 0}
    usual |= {"rebuilt": 0, "lag": 0, "findings": 0, "endpoint": "", "error": ""}
    usual["finished_at"] = began if finished else None
    insert(shop, "payments_reconciliation", **usual | values)


def a_difference(shop: Path, kind: str) -> None:
    insert(
        shop,
        "payments_discrepancy",
        kind=kind,
        reference=f"pi_{kind}",
        there=100,
        currency="EUR",
        actor="",
        detail="",
        happened_at=ago(hours=5),
        found_at=ago(hours=4),
        resolution="",
    )


def test_a_shop_that_has_sold_nothing_is_well(shop: Path, examine: Examine) -> None:
    assert examine("reconciliation") == (0, {})


def test_a_demos_invented_past_is_no_sale(shop: Path, examine: Examine) -> None:
    a_sale(shop, "cs_demo_1", days=30)
    assert examine("reconciliation") == (0, {})


def test_a_swept_and_compared_shop_is_well(shop: Path, examine: Examine) -> None:
    a_sale(shop, days=3)
    a_run(shop, "nightly", span={"hours": 9})
    a_run(shop, "sweep")
    assert examine("reconciliation") == (0, {})


def test_the_first_minutes_are_no_alarm(shop: Path, examine: Examine) -> None:
    a_sale(shop, minutes=2)
    assert "reconciliation.age" not in examine("reconciliation")[1]


def test_differences_are_bad_news_with_the_next_step(shop: Path, examine: Examine) -> None:
    for kind in ("not_in_shop", "amount_differs"):
        a_difference(shop, kind)
    code, told = examine("reconciliation")
    assert code == 2
    said = told["reconciliation.differences"]
    assert "1 with different amounts, 1 charged, but not in the shop" in said["sentence"]
    assert "oldest found 4 h ago" in said["sentence"]
    assert "bodega reconcile" in said["hint"]


def test_a_sweeper_that_does_not_run_is_bad_news(shop: Path, examine: Examine) -> None:
    a_sale(shop, days=3)
    a_run(shop, "nightly", span={"minutes": 50})
    a_run(shop, "sweep", finished=False, error="connection refused")
    said = examine("reconciliation")[1]["reconciliation.age"]
    assert said["level"] == "bad"
    assert "last asked Stripe 50 min ago: connection refused" in said["sentence"]


def test_a_shop_that_never_asked_is_bad_news(shop: Path, examine: Examine) -> None:
    a_sale(shop, hours=3)
    assert "never asked" in examine("reconciliation")[1]["reconciliation.age"]["sentence"]


def test_a_closed_checkout_is_bad_news(shop: Path, examine: Examine) -> None:
    a_sale(shop, days=3)
    a_run(shop, "nightly")
    a_run(shop, "opening", finished=False, error="Restored from a backup of yesterday.")
    said = examine("reconciliation")[1]["reconciliation.age"]["sentence"]
    assert said.startswith("Checkout is closed")
    assert "Restored from a backup" in said


def test_nights_without_a_comparison_are_told(shop: Path, examine: Examine) -> None:
    a_sale(shop, days=30)
    a_run(shop, "nightly", span={"days": 3})
    a_run(shop, "sweep")
    code, told = examine("reconciliation")
    assert (code, list(told)) == (1, ["reconciliation.nightly"])


def test_a_wrong_endpoint_is_told_in_production_only(
    shop: Path, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_sale(shop, days=3)
    a_run(shop, "nightly", endpoint="Stripe sends its events to nowhere.")
    code, told = examine("reconciliation")
    assert (code, told["reconciliation.endpoint"]["sentence"]) == (
        1,
        "Stripe sends its events to nowhere.",
    )
    monkeypatch.setenv("BODEGA_MODE", "development")
    assert examine("reconciliation") == (0, {})
