"""A long reader, or a busy writer, beside the shop: `python -m bodega.ops.drill.storm.ballast reader`.

Ends when its input ends, and prints how many times it read or wrote.
"""

import os
import select
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from bodega.databases.opening import open_file

if TYPE_CHECKING:
    import sqlite3

TABLE = "storm_ballast"
ROWS, BYTES = 20, 4_000
PATIENCE = 60_000  # milliseconds: it does not queue as the shop's own writers do
READ_SECONDS, REST_SECONDS, WRITE_SECONDS = 8.0, 2.0, 0.25


def read(connection: "sqlite3.Connection") -> None:
    """One transaction that sees the same for eight seconds. Raises RuntimeError when it does not."""
    connection.execute("BEGIN")
    seen = _orders(connection)
    _pause(READ_SECONDS)
    if _orders(connection) != seen:
        raise RuntimeError("a snapshot has changed while it was read")
    connection.execute("COMMIT")
    _pause(REST_SECONDS)  # in which the log may begin anew


def write(connection: "sqlite3.Connection") -> None:
    """80 kB of new pages in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    rows = [(n, os.urandom(BYTES)) for n in range(ROWS)]
    connection.executemany(f"INSERT OR REPLACE INTO {TABLE} VALUES (?, ?)", rows)  # noqa: S608 - own name
    connection.execute("COMMIT")
    _pause(WRITE_SECONDS)


def _orders(connection: "sqlite3.Connection") -> tuple[int, int]:
    found: tuple[int, int] = connection.execute(
        "SELECT count(*), total(total) FROM orders_order"
    ).fetchone()
    return found


def _pause(seconds: float) -> bool:
    """Until the input ends, and no longer than that; whether it has ended."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def main() -> None:
    """Until the input ends."""
    todo: Callable[[sqlite3.Connection], None] = {"reader": read, "writer": write}[sys.argv[1]]
    connection = open_file("primary")
    connection.execute(f"PRAGMA busy_timeout={PATIENCE}")
    if todo is write:
        connection.execute(f"CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY, filling BLOB)")
    count = 0
    while not _pause(0):
        todo(connection)
        count += 1
    if todo is write:
        connection.execute(f"DROP TABLE {TABLE}")
    connection.close()
    print(count)


if __name__ == "__main__":
    main()
