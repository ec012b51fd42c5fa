"""Another program's database: what its numbers prove, what they cannot, and that it is left alone."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bodega.databases.foreign import open_foreign
from bodega.databases.looking import CannotLook
from bodega.databases.tables import NoSuchTable
from bodega.ops.audit.foreign import Expertise, examine
from bodega.ops.doctor.findings import Level

TABLE = "CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT, created_at TEXT)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "other.sqlite3"


def make(path: Path, *statements: str, table: str = TABLE, rows: int = 17) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(table)
    for number in range(1, rows + 1):
        at = f"2026-01-01 10:{number:02}"
        connection.execute(
            "INSERT INTO orders (token, created_at) VALUES (?, ?)", (f"t{number}", at)
        )
    for statement in statements:
        connection.execute(statement)
    return connection


def look(path: Path, **how: Any) -> Expertise:
    with open_foreign(path) as found:
        return examine(found, how.pop("table", "orders"), **how)


def text(done: Expertise) -> str:
    return "\n".join([*done.facts, *done.proved, *done.possible, *done.next_steps, done.verdict])


def test_no_gap_no_finding(path: Path) -> None:
    make(path).close()
    done = look(path)
    assert (done.level, done.missing, done.possible) == (Level.OK, 0, [])
    assert done.verdict == "No id of orders is missing."


def test_a_gap_is_seen_and_never_called_a_loss(path: Path) -> None:
    make(path, "DELETE FROM orders WHERE id IN (7, 16, 17)").close()
    done = look(path)
    assert [(gap.ids, gap.before, gap.after) for gap in done.gaps] == [
        ("7", "2026-01-01 10:06", "2026-01-01 10:08"),
        ("16 to 17", "2026-01-01 10:15", ""),
    ]
    assert (done.rows, done.highest, done.sequence, done.level) == (14, 15, 17, Level.WARN)
    assert "was lost" in done.verdict
    assert "cannot say" in done.verdict
    assert "It does not prove that a row was ever there" in text(done)


def test_rows_elsewhere_that_mention_an_id_are_evidence(path: Path) -> None:
    items = "CREATE TABLE items (order_id INTEGER REFERENCES orders (id), sku TEXT)"
    make(
        path, items, "INSERT INTO items VALUES (17, 'A')", "DELETE FROM orders WHERE id = 17"
    ).close()
    done = look(path)
    assert done.level is Level.BAD
    assert done.gaps[0].mentions == ("1 row of items (order_id) mention it",)
    assert "those orders existed" in done.verdict


def test_without_autoincrement_the_end_of_the_table_proves_nothing(path: Path) -> None:
    plain = TABLE.replace(" AUTOINCREMENT", "")
    make(path, "DELETE FROM orders WHERE id = 17", table=plain).close()
    done = look(path)
    assert (done.sequence, done.missing, done.level) == (None, 0, Level.OK)
    assert "leave no trace at all" in text(done)
    assert "proves little" in done.verdict


def test_a_duplicate_is_possible_only_where_something_is_unique(path: Path) -> None:
    make(path, "DELETE FROM orders WHERE id = 17").close()
    assert "nothing in this table can refuse one" in text(look(path))
    path.unlink()
    make(
        path, "DELETE FROM orders WHERE id = 17", "CREATE UNIQUE INDEX u ON orders (token)"
    ).close()
    assert "unique are token" in text(look(path))


def test_a_real_refused_duplicate_looks_the_same_as_a_deletion(path: Path) -> None:
    unique = TABLE.replace("token TEXT", "token TEXT UNIQUE")
    make(path, "INSERT OR IGNORE INTO orders (token) VALUES ('t1')", table=unique).close()
    assert [gap.ids for gap in look(path).gaps] == ["18"]


def test_a_rollback_leaves_no_gap(path: Path) -> None:
    make(path, "BEGIN", "INSERT INTO orders (token) VALUES ('x')", "ROLLBACK").close()
    assert look(path).missing == 0


def test_a_counter_that_was_set_back_is_noticed(path: Path) -> None:
    make(path, "UPDATE sqlite_sequence SET seq = 3").close()
    assert "below the highest id" in text(look(path))


def test_damage_is_more_than_a_gap(path: Path) -> None:
    make(path, "CREATE INDEX i ON orders (token)").close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema=ON")
    other = "CREATE INDEX i ON orders (created_at)"
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'i'", (other,))
    connection.close()
    done = look(path)
    assert done.level is Level.BAD
    assert "damaged" in done.verdict


def test_a_closed_file_is_read_without_a_trace(path: Path) -> None:
    make(path, "PRAGMA journal_mode=WAL").close()
    path.chmod(0o444)
    before = path.stat().st_mtime_ns
    look(path)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mtime_ns == before


def test_a_living_file_is_read_as_it_is_and_its_log_stays(path: Path) -> None:
    connection = make(path, "PRAGMA journal_mode=WAL")
    connection.execute("INSERT INTO orders (token) VALUES ('in the log')")
    log = path.with_name(path.name + "-wal")
    size = log.stat().st_size
    done = look(path)
    assert done.rows == 18
    assert "in use" in done.how
    assert log.stat().st_size == size
    connection.close()


def test_a_log_beside_evidence_is_read_in_a_copy_and_told_apart(path: Path) -> None:
    connection = make(path, "PRAGMA journal_mode=WAL")
    connection.execute("INSERT INTO orders (token) VALUES ('in the log')")
    kept = path.with_name("kept.sqlite3")
    shutil.copyfile(path, kept)
    shutil.copyfile(f"{path}-wal", f"{kept}-wal")
    connection.close()
    before = sorted(each.name for each in path.parent.iterdir())
    done = look(kept)
    assert done.rows == 18
    assert "Without the log (-wal) beside it, it has 17 rows" in text(done)
    assert sorted(each.name for each in path.parent.iterdir()) == before


def test_a_half_written_transaction_is_rolled_back_in_a_copy(path: Path) -> None:
    connection = make(path, "PRAGMA journal_mode=DELETE", "PRAGMA cache_size=2")
    connection.execute("BEGIN")
    connection.execute("UPDATE orders SET token = hex(randomblob(4000))")
    kept = path.with_name("kept.sqlite3")
    shutil.copyfile(path, kept)
    shutil.copyfile(f"{path}-journal", f"{kept}-journal")
    connection.execute("ROLLBACK")
    connection.close()
    before = kept.read_bytes()
    done = look(kept)
    assert (done.rows, done.complaints) == (17, [])
    assert "rolled back there" in done.how
    assert kept.read_bytes() == before


def test_what_is_no_database_is_a_sentence(path: Path) -> None:
    with pytest.raises(CannotLook, match="is not there"), open_foreign(path):
        pass
    path.write_bytes(b"rubbish" * 1000)
    with (
        pytest.raises(CannotLook, match="cannot be read as an SQLite database"),
        open_foreign(path),
    ):
        pass


def test_a_wrong_table_or_column_is_a_sentence(path: Path) -> None:
    make(path).close()
    with pytest.raises(NoSuchTable, match="There are: orders"):
        look(path, table="sales")
    with pytest.raises(NoSuchTable, match="has no column 'nr'"):
        look(path, id_column="nr")
    assert look(path, id_column="id", created="token").rows == 17
