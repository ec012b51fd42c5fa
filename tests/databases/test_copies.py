import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from bodega.databases.copies import copy_file, is_in_wal_mode, open_copy, open_reader
from bodega.databases.opening import open_file


@pytest.fixture
def database(volume: Path) -> Path:
    """Primary, at rest, with a row."""
    connection = open_file("primary", volume)
    connection.execute("CREATE TABLE thing (id integer PRIMARY KEY)")
    connection.execute("INSERT INTO thing VALUES (1)")
    connection.close()
    return volume / "primary.sqlite3"


def test_a_reader_sees_what_is_only_in_the_wal_and_cannot_write(database: Path) -> None:
    writer = open_file("primary", database.parent)
    writer.execute("INSERT INTO thing VALUES (2)")
    reader = open_reader(database)
    assert reader.execute("SELECT count(*) FROM thing").fetchone() == (2,)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM thing")
    reader.close()
    assert Path(f"{database}-wal").stat().st_size > 0, "a reader that leaves does not checkpoint"
    writer.close()


def test_a_reader_never_creates_a_database(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        open_reader(tmp_path / "nothing.sqlite3")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_is_whole_and_reading_it_leaves_nothing_beside_it(
    database: Path, tmp_path: Path
) -> None:
    writer = open_file("primary", database.parent)
    reader = open_reader(database)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM thing").fetchall()
    writer.execute("INSERT INTO thing VALUES (2)")
    folder = tmp_path / "copies"
    folder.mkdir()
    copy_file(reader, folder / "copy")
    copy = open_copy(folder / "copy")
    assert copy.execute("SELECT id FROM thing").fetchall() == [(1,)]
    assert [path.name for path in folder.iterdir()] == ["copy"]
    for connection in (copy, reader, writer):
        connection.close()


def test_the_header_says_whether_it_is_wal(database: Path, tmp_path: Path) -> None:
    assert is_in_wal_mode(database)
    plain = sqlite3.connect(str(tmp_path / "plain"))
    plain.execute("CREATE TABLE thing (id)")
    plain.close()
    assert not is_in_wal_mode(tmp_path / "plain")
    (tmp_path / "empty").touch()
    assert not is_in_wal_mode(tmp_path / "empty")


def test_a_read_only_file_system_can_be_read(database: Path, tmp_path: Path) -> None:
    assert os.geteuid() == 0, "mounting needs root"
    place = tmp_path / "mounted"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(place)], check=True)
    try:
        subprocess.run(["cp", str(database), str(place)], check=True)
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        reader = open_reader(place / database.name)
        assert reader.execute("SELECT id FROM thing").fetchall() == [(1,)]
        reader.close()
    finally:
        subprocess.run(["umount", str(place)], check=True)
