"""A restored volume asks for a sweep; the shop that starts on it hears."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bodega.databases.opening import open_file
from bodega.ops.backup.demanding import demand_sweep
from bodega.ops.backup.making import Source, make
from bodega.ops.backup.restoring import restore
from bodega.ops.backup.rotation import Keep
from bodega.ops.backup.shelf import Shelf
from bodega.payments import opening
from bodega.payments.models import Reconciliation

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
INSTANT = NOW - timedelta(hours=9)
TABLE = """
    CREATE TABLE payments_reconciliation (
        id integer PRIMARY KEY AUTOINCREMENT, kind text, since text, started_at text,
        finished_at text, seen integer, settled integer, rebuilt integer, lag integer,
        findings integer, endpoint text, error text
    )
"""


def demands(volume: Path) -> list[tuple[str, str, str | None]]:
    connection = open_file("primary", volume)
    sql = "SELECT kind, since, finished_at FROM payments_reconciliation"
    rows = [tuple(row) for row in connection.execute(sql).fetchall()]
    connection.close()
    return rows


@pytest.fixture
def money(shop: Path) -> Path:
    """A shop that has the table."""
    connection = open_file("primary", shop)
    connection.execute(TABLE)
    connection.close()
    return shop


def test_the_demand_is_an_unfinished_opening_since_the_backup(money: Path) -> None:
    assert demand_sweep(money, INSTANT, NOW)
    assert demands(money) == [("opening", "2026-11-25 03:00:00", None)]
    assert not (money / "primary.sqlite3-wal").exists()


def test_a_volume_without_the_table_is_left_as_it_is(shop: Path) -> None:
    before = (shop / "primary.sqlite3").read_bytes()
    assert not demand_sweep(shop, INSTANT, NOW)
    assert (shop / "primary.sqlite3").read_bytes() == before


def test_every_restore_demands_one_and_the_volume_put_aside_has_none(
    money: Path, shelf: Shelf, source: Source
) -> None:
    made = make(source, shelf, Keep(7, 4))
    done = restore(money, shelf, made.name, now=NOW)
    assert [kind for kind, _, _ in demands(money)] == ["opening"]
    assert done.kept
    assert demands(done.kept) == []


@pytest.mark.django_db
def test_what_is_written_by_hand_is_what_the_shop_reads(money: Path, settings: Any) -> None:
    settings.FAKESTRIPE_URL = "http://127.0.0.1:9"
    demand_sweep(money, INSTANT, NOW)
    ((kind, since, finished),) = demands(money)
    row = Reconciliation.objects.create(kind=kind, since=since + "+00:00", started_at=NOW)
    assert (row.kind, finished) == (Reconciliation.Kind.OPENING, None)
    assert opening.is_sweep_due(NOW)
