"""A demo shop with a journal in a file of its own, and copies of it in which something is wrong."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bodega.databases.journal import Journal
from bodega.databases.volume import create_volume
from bodega.lib.clock import utc_now
from bodega.ops.audit.books import Books
from bodega.ops.audit.examination import QUESTIONS, examine

ORDERS = 120
JOURNALED = 40  # the younger half: as if the journal had come later

EVENTS = """
    SELECT e.kind AS event, o.public_id AS "order", o.id AS order_id, o.number, o.total, o.currency,
        e.at AS happened
    FROM orders_orderevent e JOIN orders_order o ON o.id = e.order_id
    WHERE o.id > ? AND e.kind IN ('placed', 'paid', 'expired') ORDER BY e.at
"""

Find = Callable[[], dict[str, int]]


@pytest.fixture(scope="session")
def healthy(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A volume with a demo shop in primary. Not to be touched. Its tests are marked `django_db`."""
    volume = tmp_path_factory.mktemp("healthy") / "shop"
    create_volume(volume, shop="test")
    with django_db_blocker.unblock(), closing(connection), connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(volume / "primary.sqlite3")])
    environment = os.environ | {"BODEGA_VOLUME": str(volume)}
    words = [sys.executable, "-m", "bodega", "demo", "--orders", str(ORDERS)]
    subprocess.run(words, env=environment, check=True, capture_output=True)
    write_journal(volume)
    return volume


def write_journal(volume: Path) -> None:
    """What `orders.journaling` would have written about the younger orders."""
    shop = sqlite3.connect(volume / "primary.sqlite3")
    shop.row_factory = sqlite3.Row
    journal = Journal(volume / "journal", "orders")
    for row in shop.execute(EVENTS, (ORDERS - JOURNALED,)).fetchall():
        journal.append(dict(row) | {"happened": f"{row['happened']}+00:00"})
    journal.sync()
    journal.close()
    shop.close()


@pytest.fixture
def volume(healthy: Path, tmp_path: Path) -> Path:
    """A copy to be harmed."""
    copy: Path = shutil.copytree(healthy, tmp_path / "shop")
    return copy


@pytest.fixture
def primary(volume: Path) -> Iterator[sqlite3.Connection]:
    """A connection without any guard, as somebody has who harms a shop."""
    connection = sqlite3.connect(volume / "primary.sqlite3", isolation_level=None)
    connection.execute("PRAGMA foreign_keys=OFF")
    yield connection
    connection.close()


@pytest.fixture
def found(volume: Path, primary: sqlite3.Connection) -> Find:
    """Ask everything; how many rows each question found, without those that found none."""

    def ask() -> dict[str, int]:
        end = 10**9
        books = Books(primary, volume / "journal", end, utc_now())
        answers = list(examine(books, QUESTIONS.values()))
        assert [each.error for each in answers if each.error] == []
        return {each.question.id: each.count for each in answers if each.count}

    return ask
