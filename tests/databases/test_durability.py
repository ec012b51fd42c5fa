"""The barrier: what passes it, what it costs, and what happens when the disk says no."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections, transaction

from bodega.databases import durability, holdings, pragmas
from bodega.databases.durability import CannotAcknowledge, durable, write
from bodega.databases.exits import Exit
from bodega.databases.holdings import Holding
from bodega.databases.opening import open_file
from bodega.databases.trust import Loss, Trust
from bodega.merchant.models import Merchant
from tests.databases.test_ties import calm_at


@pytest.fixture
def trust(monkeypatch: pytest.MonkeyPatch) -> Trust:
    ended: list[Loss] = []
    mine = Trust(ended.append)
    monkeypatch.setattr(durability, "trust", mine)
    return mine


@pytest.fixture
def primary(volume: Path, trust: Trust) -> Iterator[Holding]:
    holding = Holding(volume / "primary.sqlite3", "primary", "group", trusted=trust)
    yield holding
    holding.let_go()


def commit(holding: Holding) -> None:
    connection = open_file("primary", holding.path.parent)
    connection.execute("CREATE TABLE IF NOT EXISTS note (text)")
    connection.execute("INSERT INTO note VALUES ('x')")
    connection.close()


def test_a_commit_is_synced_once_and_looking_again_costs_nothing(primary: Holding) -> None:
    commit(primary)
    primary.barrier()
    assert primary.sync.count == 1
    primary.barrier()
    primary.barrier()
    assert primary.sync.count == 1
    commit(primary)
    primary.barrier()
    assert primary.sync.count == 2


def test_who_only_read_anothers_commit_waits_for_it_too(primary: Holding) -> None:
    primary.barrier()
    before = primary.sync.count
    commit(primary)  # somebody else's
    reader = open_file("primary", primary.path.parent)
    assert reader.execute("SELECT count(*) FROM note").fetchone() == (1,)
    primary.barrier()
    assert primary.sync.count == before + 1
    reader.close()


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_other_durabilities_have_no_barrier(volume: Path, durability: pragmas.Durability) -> None:
    holding = Holding(volume / "primary.sqlite3", "primary", durability)
    commit(holding)
    holding.barrier()
    assert holding.sync.count == 0
    holding.let_go()


def test_a_disk_that_fails_ends_all_acknowledging(primary: Holding, trust: Trust) -> None:
    calls = []

    def fail(descriptor: int) -> None:
        calls.append(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    primary.wal._fdatasync = fail
    commit(primary)
    with pytest.raises(CannotAcknowledge, match="Input/output error"):
        primary.barrier()
    assert trust.lost is not None
    assert trust.lost.code is Exit.UNSYNCED
    with pytest.raises(CannotAcknowledge):
        primary.barrier()  # the kernel would now say that all is well
    with pytest.raises(CannotAcknowledge):
        durable()
    assert len(calls) == 1


def test_a_wal_that_was_pulled_away_ends_all_acknowledging(primary: Holding, trust: Trust) -> None:
    commit(primary)
    primary.wal.path.rename(primary.wal.path.with_suffix(".elsewhere"))
    with pytest.raises(CannotAcknowledge, match="was deleted while it was in use"):
        primary.barrier()
    assert trust.lost is not None
    assert trust.lost.code is Exit.UNTIED


def test_and_also_when_nothing_had_happened_for_long(primary: Holding) -> None:
    commit(primary)
    primary._calm = calm_at(primary.path.parent)
    primary.barrier()
    assert primary.sync.count == 1
    commit(primary)
    primary.wal.path.rename(primary.wal.path.with_suffix(".elsewhere"))
    with pytest.raises(CannotAcknowledge, match="was deleted while it was in use"):
        primary.barrier()


@pytest.mark.django_db(transaction=True)
def test_a_write_is_durable_when_its_block_is_left() -> None:
    connections["default"].ensure_connection()
    (holding,) = (each for each in holdings.held("primary") if each.durability == "group")
    with write("primary"):
        Merchant.objects.update(name="Corner")
        assert connections["default"].in_atomic_block
    assert holding.sync.covered == holding.version()


@pytest.mark.django_db(transaction=True)
def test_djangos_own_transactions_count_after_the_barrier() -> None:
    connections["default"].ensure_connection()
    (holding,) = (each for each in holdings.held("primary") if each.durability == "group")
    Merchant.objects.all().delete()
    durable("primary")
    with transaction.atomic():
        Merchant.objects.create(pk=1, name="Corner", email="a@example.com")
    assert holding.sync.covered != holding.version()
    durable("primary")
    assert holding.sync.covered == holding.version()


@pytest.mark.django_db(transaction=True)
def test_only_the_outermost_transaction_can_promise_anything() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic(), write("primary"):
        pass


@pytest.mark.django_db(transaction=True)
def test_what_fails_inside_is_rolled_back_and_needs_no_sync() -> None:
    Merchant.objects.all().delete()
    before = Merchant.objects.filter(pk=1)

    def half_done() -> None:
        with write("default"):
            Merchant.objects.create(pk=1, name="Corner", email="a@example.com")
            before.get(name="Somebody else")

    with pytest.raises(Merchant.DoesNotExist):
        half_done()
    assert not Merchant.objects.exists()
