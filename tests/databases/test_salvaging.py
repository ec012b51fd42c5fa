"""From a log that was put aside back into the database: listed, inserted, conflicts shown."""

import json
import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bodega.cli import salvage
from bodega.databases import leftovers
from bodega.databases.salvaging import (
    CannotSalvage,
    compared,
    differences,
    goes_on,
    insert_missing,
    take_over,
)

SCHEMA = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT UNIQUE,
                     customer_id INTEGER REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
                     double TEXT GENERATED ALWAYS AS (token || token));
CREATE TABLE tag (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE loose (text TEXT);
CREATE VIRTUAL TABLE search USING fts5 (words);
INSERT INTO customer VALUES (1, 'Ann');
INSERT INTO orders (token, customer_id) VALUES ('first', 1);
"""
LOST = """
INSERT INTO customer VALUES (2, 'Bob');
INSERT INTO orders (token, customer_id) VALUES ('second', 2), ('third', 1);
INSERT INTO tag VALUES ('new');
INSERT INTO loose VALUES ('text');
INSERT INTO search VALUES ('words');
UPDATE customer SET name = 'Anne' WHERE id = 1;
"""


def opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=wal").fetchall()
    return connection


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "primary.sqlite3"
    connection = opened(path)
    connection.executescript(SCHEMA)
    connection.close()
    return path


@pytest.fixture
def log(database: Path, tmp_path: Path) -> Path:
    """What was committed last, by a process that was killed after its log was deleted and put aside."""
    folder = tmp_path / "salvage"
    folder.mkdir()
    log = folder / "primary.sqlite3-wal"
    before = database.read_bytes()
    connection = opened(database)
    connection.executescript(LOST)
    shutil.copyfile(f"{database}-wal", log)
    connection.close()  # a killed process does not even do this
    database.write_bytes(before)
    return log


def salvaged(log: Path, database: Path, scratch: Path) -> dict[str, tuple[int, int]]:
    scratch.mkdir()
    with compared(log, database, scratch) as connection:
        return {
            each.table: (len(each.missing), len(each.differing)) for each in differences(connection)
        }


def test_the_story_is_true(database: Path, log: Path) -> None:
    connection = opened(database)
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)
    connection.close()


def test_missing_and_differing_rows_are_found_by_their_keys(
    database: Path, log: Path, tmp_path: Path
) -> None:
    assert salvaged(log, database, tmp_path / "s") == {
        "customer": (1, 1),
        "orders": (2, 0),
        "tag": (1, 0),
        "loose": (1, 0),
    }


def test_what_is_there_already_is_not_missing(database: Path, log: Path, tmp_path: Path) -> None:
    connection = opened(database)
    connection.executescript(LOST)
    connection.close()
    assert salvaged(log, database, tmp_path / "s") == {}


def test_missing_rows_are_inserted_and_then_nothing_is_missing(
    database: Path, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "s").mkdir()
    with compared(log, database, tmp_path / "s") as connection:
        assert insert_missing(connection, differences(connection)) == (5, [])
    connection = opened(database)
    tokens = connection.execute("SELECT token, double FROM orders ORDER BY id").fetchall()
    assert tokens == [("first", "firstfirst"), ("second", "secondsecond"), ("third", "thirdthird")]
    assert connection.execute("SELECT name FROM customer WHERE id = 1").fetchone() == ("Ann",)
    assert connection.execute("SELECT seq FROM sqlite_sequence").fetchone() == (3,)
    connection.close()
    assert salvaged(log, database, tmp_path / "again") == {"customer": (0, 1)}


def test_a_row_that_conflicts_is_named_and_the_others_go_in(
    database: Path, log: Path, tmp_path: Path
) -> None:
    connection = opened(database)
    connection.execute("INSERT INTO orders (id, token, customer_id) VALUES (9, 'second', 1)")
    connection.execute("PRAGMA wal_checkpoint").fetchall()
    connection.close()
    (tmp_path / "s").mkdir()
    base = tmp_path / "backup.sqlite3"
    plain = opened(base)
    plain.executescript(SCHEMA)
    plain.close()
    with compared(log, database, tmp_path / "s", base) as connection:
        inserted, conflicts = insert_missing(connection, differences(connection))
    assert inserted == 4
    (conflict,) = conflicts
    assert "orders" in conflict
    assert "UNIQUE" in conflict


def test_rows_that_would_point_at_nothing_change_nothing(
    database: Path, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "s").mkdir()
    with compared(log, database, tmp_path / "s") as connection:
        only_orders = [each for each in differences(connection) if each.table == "orders"]
        with pytest.raises(CannotSalvage, match="in neither place"):
            insert_missing(connection, only_orders)
        assert connection.execute("SELECT count(*) FROM main.orders").fetchone() == (1,)


def test_a_database_that_does_not_fit_the_log_is_refused(
    database: Path, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "s").mkdir()
    stranger = tmp_path / "stranger.sqlite3"
    connection = opened(stranger)
    connection.execute("CREATE TABLE other (a, b)")
    connection.executemany("INSERT INTO other VALUES (?, ?)", [("x" * 900, n) for n in range(99)])
    connection.execute("CREATE INDEX o ON other (a)")
    connection.close()
    with (
        pytest.raises(CannotSalvage, match="do not fit together"),
        compared(log, database, tmp_path / "s", stranger),
    ):
        pass


def test_the_command_lists_and_then_applies_with_a_copy_beside(
    database: Path, log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(log.parent), "--database", str(database)]
    assert salvage.run(words) == 3
    told = capsys.readouterr().out
    assert "6 commits in" in told or "7 commits in" in told
    assert "missing   (2, 'second', 2)" in told
    assert "salvaged  (1, 'Anne')" in told
    assert "5 rows are missing" in told
    assert salvage.run([*words, "--apply"]) == 3  # the row that differs is left to somebody
    assert "5 rows were inserted" in capsys.readouterr().out
    (copy,) = tmp_path.glob("primary.before-salvage-*.sqlite3")
    connection = opened(copy)
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)
    connection.close()
    assert salvage.run([*words, "--table", "orders"]) == 0
    assert "Nothing is missing" in capsys.readouterr().out


def test_the_command_says_what_it_needs(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert salvage.run([str(log)]) == 1
    assert "--database" in capsys.readouterr().err
    log.write_bytes(b"no log at all, but long enough to be one")
    assert salvage.run([str(log), "--database", str(tmp_path / "primary.sqlite3")]) == 1
    assert "does not begin like a write-ahead log" in capsys.readouterr().err


@pytest.fixture
def noted(database: Path, log: Path) -> Path:
    """The folder as `rescuing` leaves it, put aside a minute ago; nobody has written since."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    os.utime(database, (at.timestamp() - 1, at.timestamp() - 1))
    about = {"database": str(database), "inode": database.stat().st_ino, "at": at.isoformat()}
    (log.parent / "about.json").write_text(json.dumps(about))
    return log.parent


def write(database: Path, sql: str, *, checkpoint: bool) -> sqlite3.Connection:
    connection = opened(database)
    connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
    connection.execute(sql)
    if checkpoint:
        connection.execute("PRAGMA wal_checkpoint").fetchall()
    return connection


def test_a_log_goes_on_until_somebody_writes(database: Path, log: Path, noted: Path) -> None:
    assert goes_on(log, database)
    living = write(database, "INSERT INTO tag VALUES ('after')", checkpoint=False)
    assert not goes_on(log, database)
    living.close()


def test_a_log_of_which_nothing_is_known_does_not_go_on(database: Path, log: Path) -> None:
    assert not goes_on(log, database)


def test_a_database_that_was_exchanged_or_written_into_does_not_go_on(
    database: Path, log: Path, noted: Path
) -> None:
    about = json.loads((noted / "about.json").read_text())
    for change in ({"inode": 1}, {"at": "2020-01-01T00:00:00+00:00"}):
        (noted / "about.json").write_text(json.dumps(about | change))
        assert not goes_on(log, database)
    (noted / "about.json").write_text(json.dumps(about))
    assert goes_on(log, database)
    (noted / database.name).touch()  # the one that was deleted, put aside with its log
    assert not goes_on(log, database)


def test_where_the_log_goes_on_the_database_becomes_what_it_was(
    database: Path, log: Path, noted: Path, tmp_path: Path
) -> None:
    (tmp_path / "s").mkdir()
    with compared(log, database, tmp_path / "s") as connection:
        take_over(connection, database)
        assert differences(connection, goes_on=True) == []
    connection = opened(database)
    assert connection.execute("SELECT name FROM customer WHERE id = 1").fetchone() == ("Anne",)
    assert connection.execute("SELECT count(*) FROM search('words')").fetchone() == (1,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_what_was_deleted_is_told_only_where_the_log_goes_on(
    database: Path, log: Path, tmp_path: Path
) -> None:
    before = database.read_bytes()
    connection = opened(database)
    connection.execute("DELETE FROM orders")
    shutil.copyfile(f"{database}-wal", log)
    connection.close()
    database.write_bytes(before)
    for is_so in (True, False):
        (tmp_path / f"s{is_so}").mkdir()
        with compared(log, database, tmp_path / f"s{is_so}") as connection:
            found = differences(connection, goes_on=is_so)
        assert [(each.table, each.deleted) for each in found] == (
            [("orders", [(1, "first", 1)])] if is_so else []
        )


def test_applied_the_folder_is_settled_and_its_copies_too(
    database: Path, noted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each process of a shop puts the same log aside."""
    volume = tmp_path / "volume"
    (volume / "salvage").mkdir(parents=True)
    first, second, other = (volume / "salvage" / name for name in ("web", "worker", "other"))
    shutil.copytree(noted, first)
    shutil.copytree(noted, second)
    shutil.copytree(noted, other)
    with (other / "primary.sqlite3-wal").open("r+b") as file:
        file.truncate(file.seek(0, 2) - 1000)  # an earlier copy has less
    stranger = opened(tmp_path / "stranger.sqlite3")
    stranger.execute("CREATE TABLE t (a)")
    shutil.copyfile(tmp_path / "stranger.sqlite3-wal", second / "primary.sqlite3-wal")
    stranger.close()
    assert salvage.run([str(first)]) == 3
    assert leftovers.waiting(volume) == [other, first, second]  # looking settles nothing
    assert salvage.run([str(first), "--apply"]) == 0
    assert leftovers.waiting(volume) == [second]
    told = capsys.readouterr().out
    assert "is again what it was" in told
    assert "the same log as web" in told
    decision = json.loads((first / leftovers.SETTLED).read_text())["decision"]
    assert decision == "nothing is missing any more"


def test_what_is_left_is_settled_only_when_somebody_says_so(
    database: Path, noted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(database, "INSERT INTO tag VALUES ('after')", checkpoint=False).close()
    assert salvage.run([str(noted), "--apply"]) == 3  # Anne, or Ann?
    assert f"bodega salvage {noted} --settle" in capsys.readouterr().out
    assert not (noted / leftovers.SETTLED).exists()
    assert salvage.run([str(noted), "--table", "orders"]) == 0
    assert not (noted / leftovers.SETTLED).exists()  # only one table was looked at
    assert salvage.run([str(noted), "--settle"]) == 0
    assert (noted / leftovers.SETTLED).exists()


def test_without_a_folder_it_looks_at_whatever_waits(
    volume: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    assert salvage.run([]) == 0
    assert "Nothing waits to be salvaged" in capsys.readouterr().out
    (volume / "salvage" / "empty").mkdir(parents=True)
    assert salvage.run([]) == 1
    assert "has no -wal" in capsys.readouterr().err
    assert salvage.run(["--settle"]) == 0
    assert leftovers.waiting(volume) == []
    monkeypatch.setenv("BODEGA_VOLUME", str(volume.parent))
    assert salvage.run([]) == 1
    assert "is not a volume" in capsys.readouterr().err


@pytest.fixture
def young(noted: Path, log: Path, database: Path) -> Path:
    """A log with a new table and a new column in it; its folder."""
    before, about = database.read_bytes(), json.loads((noted / "about.json").read_text())
    connection = opened(database)
    connection.execute("CREATE TABLE young (id INTEGER PRIMARY KEY)")
    connection.execute("INSERT INTO young VALUES (7)")
    connection.execute("ALTER TABLE customer ADD COLUMN email TEXT")
    shutil.copyfile(f"{database}-wal", log)
    connection.close()
    database.write_bytes(before)
    at = datetime.fromisoformat(about["at"]).timestamp() - 1
    os.utime(database, (at, at))
    return noted


def test_a_table_that_only_the_log_has_comes_back_whole(
    young: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert salvage.run([str(young), "--table", "young"]) == 3
    told = capsys.readouterr().out
    assert "young (id), a table that the database does not have" in told
    assert "missing   (7)" in told
    assert salvage.run([str(young), "--apply"]) == 0
    connection = opened(database)
    assert connection.execute("SELECT id FROM young").fetchall() == [(7,)]
    assert connection.execute("SELECT name, email FROM customer").fetchall() == [("Ann", None)]
    connection.close()


def test_rows_of_a_new_table_go_nowhere_once_somebody_has_written(
    young: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    living = write(database, "INSERT INTO tag VALUES ('after')", checkpoint=False)
    assert salvage.run([str(young), "--apply"]) == 3
    assert "not inserted: young: the living database has no such table" in capsys.readouterr().out
    living.close()
