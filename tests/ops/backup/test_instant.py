import sqlite3
import threading
from pathlib import Path

import pytest

from bodega.databases.opening import open_file
from bodega.ops.backup import instant
from bodega.ops.backup.instant import one_instant


def test_all_files_are_seen_as_they_were(shop: Path, serving: sqlite3.Connection) -> None:
    with one_instant(shop) as readers:
        serving.execute("DELETE FROM orders_orderline")
        (count,) = readers["primary"].execute("SELECT count(*) FROM orders_orderline").fetchone()
    assert count == 40
    assert set(readers) == {"primary", "queue", "cache", "cable"}
    (count,) = serving.execute("SELECT count(*) FROM orders_orderline").fetchone()
    assert count == 0


@pytest.mark.slow
def test_no_dispatched_message_is_without_its_job(shop: Path) -> None:
    """A relay works all the time, in its three steps; each instant must agree with itself."""
    primary, queue = (open_file(role, shop) for role in ("primary", "queue"))
    primary.execute("CREATE TABLE message (id integer PRIMARY KEY, is_dispatched integer)")
    queue.execute("CREATE TABLE job (id integer PRIMARY KEY)")
    for connection in (primary, queue):
        connection.close()
    stop = threading.Event()
    relay = threading.Thread(target=relay_until, args=(shop, stop))
    relay.start()
    try:
        agreements = [disagreement(shop) for _ in range(60)]
    finally:
        stop.set()
        relay.join()
    assert set(agreements) == {(0, 0)}


def relay_until(shop: Path, stop: threading.Event) -> None:
    primary, queue = (open_file(role, shop) for role in ("primary", "queue"))
    number = 0
    while not stop.is_set():
        number += 1
        primary.execute("INSERT INTO message VALUES (?, 0)", (number,))
        queue.execute("INSERT INTO job VALUES (?)", (number,))
        primary.execute("UPDATE message SET is_dispatched = 1 WHERE id = ?", (number,))
    primary.close()
    queue.close()


def disagreement(shop: Path) -> tuple[int, int]:
    """Dispatched messages without a job, and jobs without a message."""
    with one_instant(shop) as readers:
        messages = dict(readers["primary"].execute("SELECT id, is_dispatched FROM message"))
        jobs = {each for (each,) in readers["queue"].execute("SELECT id FROM job")}
    lost = {each for each, is_dispatched in messages.items() if is_dispatched} - jobs
    return len(lost), len(jobs - messages.keys())


def test_a_missing_primary_is_an_error_and_a_missing_cache_is_none(shop: Path) -> None:
    (shop / "cache.sqlite3").unlink()
    with one_instant(shop) as readers:
        assert "cache" not in readers
    (shop / "primary.sqlite3").unlink()
    with pytest.raises(sqlite3.OperationalError, match="unable to open"), one_instant(shop):
        pass
    assert not (shop / "primary.sqlite3").exists()


def test_while_the_snapshots_begin_nobody_writes_to_primary(
    shop: Path, serving: sqlite3.Connection
) -> None:
    serving.execute("PRAGMA busy_timeout=0")
    with instant._nobody_writes(shop), pytest.raises(sqlite3.OperationalError, match="locked"):
        serving.execute("BEGIN IMMEDIATE")
    serving.execute("BEGIN IMMEDIATE")
    serving.execute("ROLLBACK")
