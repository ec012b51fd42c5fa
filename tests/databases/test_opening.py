import sqlite3
from pathlib import Path

import pytest

from bodega.databases import pragmas
from bodega.databases.layout import FILES, Role
from bodega.databases.opening import PragmaIgnored, explained, open_file, prepare


@pytest.mark.parametrize("role", list(FILES))
def test_every_pragma_of_the_table_is_in_force(volume: Path, role: Role) -> None:
    connection = open_file(role, volume)
    assert pragmas.mismatches(connection, role) == []
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (1,)  # durable() does the rest
    connection.close()


def test_durability_is_per_file_and_can_be_raised_to_full(volume: Path) -> None:
    assert pragmas.DURABILITY == {
        "primary": "group",
        "queue": "group",
        "cache": "normal",
        "cable": "normal",
    }
    connection = open_file("primary", volume)
    assert "synchronous is 1, should be 2" in pragmas.mismatches(connection, "primary", "full")[0]
    prepare(connection, "primary", "full")
    assert pragmas.mismatches(connection, "primary", "full") == []
    connection.close()


def test_a_pragma_that_is_not_in_force_is_named(volume: Path) -> None:
    connection = open_file("primary", volume)
    connection.execute("PRAGMA foreign_keys=off")
    connection.execute("PRAGMA synchronous=off")
    found = pragmas.mismatches(connection, "primary")
    assert len(found) == 2
    assert "primary: foreign_keys is 0, should be 1" in found[0]
    assert "synchronous is 0, should be 1 (COMMIT returns at once; durable() waits" in found[1]
    connection.close()


def test_a_connection_on_which_wal_does_not_take_is_closed_and_refused() -> None:
    memory = sqlite3.connect(":memory:")  # has no WAL, so journal_mode stays "memory"
    with pytest.raises(PragmaIgnored, match="journal_mode is memory"):
        prepare(memory, "primary")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        memory.execute("SELECT 1")


def test_every_pragma_has_a_reason() -> None:
    for role in FILES:
        for pragma, (_, _, why) in pragmas.table(role).items():
            assert len(why) > 10, pragma


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="is the volume mounted") as caught:
        open_file("primary", tmp_path / "nowhere")
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN


def test_other_errors_stay_as_they_are(volume: Path) -> None:
    with (
        pytest.raises(sqlite3.OperationalError, match=r"^no such table: nowhere$"),
        explained(volume / "primary.sqlite3"),
    ):
        sqlite3.connect(":memory:").execute("SELECT * FROM nowhere")
