"""Counting what is there: lost rows, damage, gaps."""

import sqlite3
from pathlib import Path

import pytest

from bodega.ops.drill.evidence import SEEDS, create, examine


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "orders.sqlite3"
    create(path)
    return path


def run(database: Path, *statements: str) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_everything_is_there_at_the_beginning(tmp_path: Path) -> None:
    tokens = create(tmp_path / "fresh.sqlite3")
    evidence = examine(tmp_path / "fresh.sqlite3", tokens)
    assert (evidence.rows, evidence.lost, evidence.sequence) == (SEEDS, 0, SEEDS)
    assert not evidence.is_loss


def test_an_acknowledged_order_without_a_row_is_lost(database: Path) -> None:
    evidence = examine(database, ["seed1", "never arrived"])
    assert evidence.lost == 1
    assert evidence.is_loss
    assert str(evidence).startswith("1 lost (2 acknowledged, 15 rows")


def test_a_gap_is_no_loss_but_is_shown(database: Path) -> None:
    run(database, "DELETE FROM orders WHERE id = 15")
    evidence = examine(database, ["seed1"])
    assert not evidence.is_loss
    assert "sequence 15" in str(evidence)


def test_an_index_that_contradicts_its_table_is_damage(database: Path) -> None:
    run(
        database,
        "PRAGMA writable_schema=on",
        "UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'orders_token'",
    )
    assert examine(database, ["seed1"]).is_loss


def test_a_file_that_cannot_be_read_is_a_loss(database: Path) -> None:
    database.write_bytes(b"rubbish" * 1000)
    evidence = examine(database, ["seed1"])
    assert evidence.is_loss
    assert str(evidence).startswith("unreadable")


def test_what_a_kept_copy_has_is_not_lost(database: Path, tmp_path: Path) -> None:
    other = tmp_path / "kept.sqlite3"
    create(other)
    run(other, "INSERT INTO orders (token) VALUES ('kept')")
    assert examine(database, ["kept"]).lost == 1
    assert examine(database, ["kept"], other).lost == 0
