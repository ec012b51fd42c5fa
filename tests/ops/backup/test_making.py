import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bodega.databases.leases import Lease
from bodega.databases.opening import open_file
from bodega.ops.backup import making, packing
from bodega.ops.backup.making import BackupFailed, Source, make
from bodega.ops.backup.rotation import Keep
from bodega.ops.backup.shelf import Shelf
from bodega.ops.backup.stores import StoreError
from tests.ops.backup.conftest import sell
from tests.waiting import until

KEEP = Keep()
MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_a_backup_has_all_files_and_says_what_is_in_them(source: Source, shelf: Shelf) -> None:
    made = make(source, shelf, KEEP)
    paths = {entry.path for entry in made.entries}
    databases = {f"{role}.sqlite3" for role in ("primary", "queue", "cache", "cable")}
    assert databases | {"volume.json", "media/pictures/a.webp"} <= paths
    assert "secret.key" not in paths
    primary = next(entry for entry in made.databases() if entry.path == "primary.sqlite3")
    assert primary.facts is not None
    assert primary.facts.rows == {"orders_order": 40, "orders_orderline": 40}
    assert primary.facts.sums["orders_order.total"] == 40 * 2500
    assert shelf.names() == [made.name]
    assert made.complaints == ()


def test_the_secret_goes_along_only_when_told(source: Source, shelf: Shelf) -> None:
    made = make(Source(source.volume, source.journal, with_secrets=True), shelf, KEEP)
    assert made.has_secrets
    assert "secret.key" in {entry.path for entry in made.entries}


def test_equal_pictures_are_stored_once_and_only_once_for_all_backups(
    source: Source, shelf: Shelf
) -> None:
    make(source, shelf, KEEP, clock=lambda: MONDAY)
    assert len(shelf.media()) == 2
    again = make(source, shelf, KEEP, clock=lambda: MONDAY + timedelta(days=1))
    assert len(shelf.media()) == 2
    assert sum(entry.path.startswith("media/") for entry in again.entries) == 3


def test_what_is_only_in_the_wal_is_in_the_backup(
    source: Source, shelf: Shelf, serving: sqlite3.Connection
) -> None:
    sell(serving, 7)
    assert (source.volume / "primary.sqlite3-wal").stat().st_size > 0
    made = make(source, shelf, KEEP)
    primary = next(entry for entry in made.databases() if entry.path == "primary.sqlite3")
    assert primary.facts is not None
    assert primary.facts.rows["orders_order"] == 47


def test_old_backups_and_their_pictures_go_and_the_newest_stays(
    source: Source, shelf: Shelf
) -> None:
    picture = source.volume / "media" / "pictures" / "b.webp"
    make(source, shelf, Keep(1, 0), clock=lambda: MONDAY)
    picture.unlink()
    second = make(source, shelf, Keep(1, 0), clock=lambda: MONDAY + timedelta(days=1))
    assert shelf.names() == [second.name]
    assert len(shelf.media()) == 1


def test_what_died_half_way_is_swept_after_a_day_but_not_before(
    source: Source, shelf: Shelf, tmp_path: Path
) -> None:
    (tmp_path / "half").write_bytes(b"half")
    for name in ("20261121T020000Z", "20261123T020000Z"):
        shelf.store.put(shelf.key(name, "primary.sqlite3.gz"), tmp_path / "half")
    make(source, shelf, KEEP, clock=lambda: MONDAY)
    assert shelf.unfinished("9") == ["20261123T020000Z"]


def test_one_backup_at_a_time(source: Source, shelf: Shelf) -> None:
    with Lease(making.LEASE, source.volume):
        done = in_another_process(source, shelf)
    assert "Another backup or rehearsal" in done.stderr
    assert in_another_process(source, shelf).returncode == 0


def in_another_process(source: Source, shelf: Shelf) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "-m", "bodega", "backup", shelf.store.where]
    environment = os.environ | {"BODEGA_VOLUME": str(source.volume)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def test_a_damaged_database_is_no_backup_and_the_older_ones_stay(
    source: Source, shelf: Shelf
) -> None:
    older = make(source, shelf, Keep(1, 0), clock=lambda: MONDAY)
    spoil_index(source.volume / "primary.sqlite3")
    with pytest.raises(BackupFailed, match="The copy is damaged, and so is the original"):
        make(source, shelf, Keep(1, 0), clock=lambda: MONDAY + timedelta(days=1))
    assert shelf.names() == [older.name]
    assert not (source.volume / making.SCRATCH).exists()


def spoil_index(path: Path) -> None:
    """Take a row out of a table behind its index's back."""
    connection = sqlite3.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA writable_schema=on")
    schema = "SELECT sql FROM sqlite_schema WHERE name = 'line_by_order'"
    (sql,) = connection.execute(schema).fetchone()
    connection.execute("UPDATE sqlite_schema SET sql = NULL WHERE name = 'line_by_order'")
    connection.execute(
        "UPDATE sqlite_schema SET type = 'index', sql = ? WHERE name = 'line_by_order'",
        (sql.replace("(order_id)", "(subtotal)"),),
    )
    connection.close()


def test_a_damaged_cache_is_left_out_with_a_word(source: Source, shelf: Shelf) -> None:
    for end in ("-wal", "-shm"):
        (source.volume / f"cache.sqlite3{end}").unlink(missing_ok=True)
    (source.volume / "cache.sqlite3").write_bytes(b"no database at all" * 100)
    made = make(source, shelf, KEEP)
    assert "cache.sqlite3" not in {entry.path for entry in made.entries}
    assert "cache.sqlite3 is damaged or missing" in made.complaints[0]


def test_broken_references_are_backed_up_and_complained_about(
    source: Source, shelf: Shelf, serving: sqlite3.Connection
) -> None:
    serving.execute("PRAGMA foreign_keys=off")
    serving.execute("DELETE FROM orders_order WHERE id = 1")
    made = make(source, shelf, KEEP)
    assert made.complaints == (
        "1 rows of orders_orderline point at rows of orders_order that do not exist",
    )


def test_without_room_it_refuses_before_it_begins(
    source: Source, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "free_bytes", lambda _: 1_000_000)
    with pytest.raises(BackupFailed, match="1 MB are free"):
        make(source, shelf, KEEP)


def test_what_a_killed_backup_left_in_scratch_is_removed_by_the_next(
    source: Source, shelf: Shelf
) -> None:
    left = source.volume / making.SCRATCH / "backup-killed"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"half")
    make(source, shelf, KEEP)
    assert not (source.volume / making.SCRATCH).exists()


def test_copies_are_nobody_elses_to_read(
    source: Source, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []

    def look(copies: list[making.Copy]) -> tuple[list[making.Copy], list[str]]:
        modes.append(stat.S_IMODE(copies[0].path.parent.parent.stat().st_mode))
        return copies, []

    monkeypatch.setattr(making, "checked", look)
    make(source, shelf, KEEP)
    assert modes == [0o700]


def test_a_store_that_refuses_leaves_no_trace(
    source: Source, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("full")

    monkeypatch.setattr(type(shelf.store), "put", refuse)
    with pytest.raises(StoreError, match="full"):
        make(source, shelf, KEEP)
    assert shelf.names() == []
    assert not (source.volume / making.SCRATCH).exists()


WRITER = """
import json, sys, time
from bodega.databases.opening import open_file
from pathlib import Path
connection = open_file("primary", Path(sys.argv[1]))
stop, worst, count = Path(sys.argv[2]), 0.0, 0
print("ready", flush=True)
while not stop.exists():
    began = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO orders_order (total) VALUES (1)")
    connection.execute("COMMIT")
    worst, count = max(worst, time.perf_counter() - began), count + 1
    time.sleep(0.002)
print(json.dumps({"worst": worst, "count": count}))
"""


@pytest.fixture
def writer(shop: Path, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A shop's process that takes an order every few milliseconds, until `stop` is there."""
    grown = open_file("primary", shop)
    grown.execute("CREATE TABLE ballast (content blob)")
    for _ in range(40):
        grown.execute("INSERT INTO ballast VALUES (randomblob(1000000))")
    grown.close()
    words = [sys.executable, "-c", WRITER, str(shop), str(tmp_path / "stop")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.process
@pytest.mark.slow
def test_beside_a_busy_shop_no_writer_waits_for_long(
    source: Source, shelf: Shelf, writer: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    seen = open_file("primary", source.volume)
    count = "SELECT count(*) FROM orders_order"
    until(lambda: seen.execute(count).fetchone()[0] > 60)
    acknowledged = seen.execute(count).fetchone()[0]
    done = in_another_process(source, shelf)
    assert done.returncode == 0, done.stderr
    (tmp_path / "stop").touch()
    told = json.loads(writer.communicate(timeout=30)[0])
    made = shelf.read(shelf.newest(), tmp_path)
    primary = next(entry for entry in made.databases() if entry.path == "primary.sqlite3")
    assert primary.facts is not None
    assert acknowledged <= primary.facts.rows["orders_order"] < 40 + told["count"]
    # Measured: 5 ms. A copy that held the write lock would stop the writer for its whole time (0.3 s
    # and more); the bound leaves room for two busy cores.
    assert told["worst"] < 0.25
    seen.close()
