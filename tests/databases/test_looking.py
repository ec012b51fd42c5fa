import sqlite3
from pathlib import Path

import pytest

from bodega.databases.looking import CannotLook, Reader, escaped, is_at_rest
from bodega.databases.opening import open_file


@pytest.fixture
def primary(volume: Path) -> Path:
    writer = open_file("primary", volume)
    writer.execute("CREATE TABLE t (x)")
    writer.execute("INSERT INTO t VALUES (1)")
    writer.close()
    return volume / "primary.sqlite3"


def count(reader: Reader) -> int:
    return int(reader.connection.execute("SELECT count(*) FROM t").fetchone()[0])


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_a_file_at_rest_is_read_and_nothing_is_created(primary: Path) -> None:
    before = names(primary.parent)
    assert is_at_rest(str(primary))
    reader = Reader({"main": str(primary)})
    assert count(reader) == 1
    assert names(primary.parent) == before
    reader.close()
    assert names(primary.parent) == before


def test_an_ordinary_read_only_open_would_create_something(primary: Path) -> None:
    before = names(primary.parent)
    ordinary = sqlite3.connect(f"file:{primary}?mode=ro", uri=True)
    ordinary.execute("SELECT * FROM t").fetchall()
    assert names(primary.parent) - before == {"primary.sqlite3-wal", "primary.sqlite3-shm"}
    ordinary.close()


def test_beside_a_writer_each_question_sees_what_is_committed(primary: Path) -> None:
    writer = open_file("primary", primary.parent)
    writer.execute("INSERT INTO t VALUES (2)")
    reader = Reader({"main": str(primary)})
    assert count(reader) == 2
    writer.execute("INSERT INTO t VALUES (3)")
    assert count(reader) == 3
    reader.close()
    writer.close()


def test_a_reader_that_closes_last_leaves_the_wal_as_it_is(primary: Path) -> None:
    writer = open_file("primary", primary.parent)
    writer.execute("INSERT INTO t VALUES (2)")
    reader = Reader({"main": str(primary)})
    assert count(reader) == 2
    writer.close()
    wal = primary.with_name("primary.sqlite3-wal")
    size = wal.stat().st_size
    assert size > 0
    reader.close()
    assert wal.stat().st_size == size


def test_it_notices_that_a_file_at_rest_was_opened(primary: Path) -> None:
    reader = Reader({"main": str(primary)})
    assert count(reader) == 1
    assert reader.is_current()
    writer = open_file("primary", primary.parent)
    writer.execute("INSERT INTO t VALUES (2)")
    assert not reader.is_current()
    assert count(reader) == 2
    assert reader.is_current()
    reader.close()
    writer.close()


def test_it_cannot_write(primary: Path) -> None:
    writer = open_file("primary", primary.parent)
    writer.execute("INSERT INTO t VALUES (2)")
    for reader in (Reader({"main": str(primary)}),):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.connection.execute("DELETE FROM t")
        reader.close()
    assert writer.execute("SELECT count(*) FROM t").fetchone() == (2,)
    writer.close()


def test_other_files_are_attached_under_their_names(primary: Path) -> None:
    queue = open_file("queue", primary.parent)
    queue.execute("CREATE TABLE q (y)")
    reader = Reader({"main": str(primary), "queue": str(primary.parent / "queue.sqlite3")})
    assert reader.connection.execute("SELECT count(*) FROM queue.q").fetchone() == (0,)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.connection.execute("INSERT INTO queue.q VALUES (1)")
    reader.close()
    queue.close()


def test_a_missing_file_is_a_sentence(volume: Path) -> None:
    with pytest.raises(CannotLook, match=r"is not there\. Is the volume mounted"):
        Reader({"main": str(volume / "primary.sqlite3")})
    assert not (volume / "primary.sqlite3").exists()


def test_a_file_that_is_no_database_is_a_sentence(volume: Path) -> None:
    (volume / "primary.sqlite3").write_bytes(b"not a database at all" * 100)
    with pytest.raises(CannotLook, match=r"cannot be read: .*bodega doctor"):
        Reader({"main": str(volume / "primary.sqlite3")})


def test_a_wal_that_somebody_removed_is_not_made_anew(primary: Path) -> None:
    writer = open_file("primary", primary.parent)
    writer.execute("INSERT INTO t VALUES (2)")
    wal = primary.with_name("primary.sqlite3-wal")
    wal.unlink()
    with pytest.raises(CannotLook, match="removed the -wal"):
        Reader({"main": str(primary)})
    assert not wal.exists()
    writer.close()


def test_texts_that_are_no_utf8_are_readable(primary: Path) -> None:
    reader = Reader({"main": str(primary)})
    assert reader.connection.execute("SELECT CAST(x'4180' AS TEXT)").fetchone() == ("A\ufffd",)
    reader.close()


def test_a_path_may_hold_what_means_something_in_a_uri(tmp_path: Path) -> None:
    assert escaped("/a?b#c%d") == "/a%3fb%23c%25d"
    odd = tmp_path / "10%? #1.sqlite3"
    connection = sqlite3.connect(odd)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    reader = Reader({"main": str(odd)})
    assert count(reader) == 0
    reader.close()
