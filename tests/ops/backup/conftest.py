"""A small shop with money, pictures and jobs, built with plain SQL: backups know no model."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.databases.layout import FILES
from bodega.databases.opening import open_file
from bodega.databases.volume import read_identity
from bodega.ops.backup.folder import Folder
from bodega.ops.backup.making import Source
from bodega.ops.backup.shelf import Shelf

ORDERS = """
    CREATE TABLE orders_order (
        id integer PRIMARY KEY AUTOINCREMENT, number text, subtotal integer DEFAULT 0,
        discount integer DEFAULT 0, shipping integer DEFAULT 0, tax integer DEFAULT 0, total integer
    );
    CREATE TABLE orders_orderline (
        id integer PRIMARY KEY, order_id integer REFERENCES orders_order (id),
        subtotal integer, discount integer DEFAULT 0, tax integer DEFAULT 0
    );
    CREATE INDEX line_by_order ON orders_orderline (order_id);
"""


def sell(connection: sqlite3.Connection, count: int, total: int = 2500) -> None:
    """So many orders of one line, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for _ in range(count):
        made = connection.execute("INSERT INTO orders_order (total) VALUES (?)", (total,))
        connection.execute(
            "INSERT INTO orders_orderline (order_id, subtotal) VALUES (?, ?)",
            (made.lastrowid, total),
        )
    connection.execute("COMMIT")


@pytest.fixture
def shop(volume: Path) -> Path:
    """A volume at rest: 40 orders of 25.00, a job, three pictures of which two are the same."""
    for role in FILES:
        connection = open_file(role, volume)
        if role == "primary":
            connection.executescript(ORDERS)
            sell(connection, 40)
        else:
            connection.execute("CREATE TABLE things (id integer PRIMARY KEY, name text)")
            connection.execute("INSERT INTO things (name) VALUES (?)", (role,))
        connection.close()
    pictures = volume / "media" / "pictures"
    pictures.mkdir()
    for name, content in {"a": b"dunes", "b": b"waves", "again": b"dunes"}.items():
        (pictures / f"{name}.webp").write_bytes(content)
    return volume


@pytest.fixture
def serving(shop: Path) -> Iterator[sqlite3.Connection]:
    """A connection of the shop's process to primary, open for the whole test."""
    connection = open_file("primary", shop)
    yield connection
    connection.close()


@pytest.fixture
def shelf(shop: Path, tmp_path: Path) -> Shelf:
    """Where this shop's backups go."""
    return Shelf(Folder(tmp_path / "backups"), read_identity(shop).id)


@pytest.fixture
def source(shop: Path) -> Source:
    """The shop as something to back up."""
    return Source(shop, shop / "journal")
