import json
import sqlite3
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from bodega.databases import holders
from bodega.databases.looking import Reader
from bodega.databases.opening import open_file
from bodega.ops.console.asking import Refused
from bodega.ops.console.changing import NOTES, Changer, nobody_to_ask
from bodega.ops.console.desk import Desk
from bodega.ops.console.formats import csv


@pytest.fixture
def shop(volume: Path) -> Iterator[sqlite3.Connection]:
    """The living shop's own connection."""
    connection = open_file("primary", volume)
    connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE t (x, p REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)")
    connection.execute("INSERT INTO t VALUES (1, NULL), (2, NULL)")
    yield connection
    connection.close()


@pytest.fixture
def desk(volume: Path, shop: sqlite3.Connection) -> Iterator[Desk]:
    out = StringIO()
    reader = Reader({"main": str(volume / "primary.sqlite3")})
    yield Desk(reader, csv, 1.0, out, lambda text: print(text, file=out), is_for_people=False)
    reader.close()


def never_asked(question: str) -> str:
    raise AssertionError(f"asked: {question}")


def changer(volume: Path, desk: Desk, ask: Callable[[str], str] = never_asked) -> Changer:
    return Changer(volume, "primary", desk, ask)


def shown(desk: Desk) -> str:
    assert isinstance(desk.out, StringIO)
    return desk.out.getvalue()


def values(shop: sqlite3.Connection) -> list[Any]:
    return [x for (x,) in shop.execute("SELECT x FROM t ORDER BY x")]


def notes(volume: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (volume / NOTES).read_text().splitlines()]


def test_only_who_knows_the_shops_name_may_change_it(volume: Path, desk: Desk) -> None:
    changer(volume, desk).admit("test")
    changer(volume, desk, lambda _: " test ").admit(None)
    with pytest.raises(Refused, match=r"is not 'other'\. Nothing was done"):
        changer(volume, desk).admit("other")
    with pytest.raises(Refused, match="is not ''"):
        changer(volume, desk, lambda _: "").admit(None)


def test_a_change_is_shown_and_committed_after_a_yes(
    volume: Path, desk: Desk, shop: sqlite3.Connection
) -> None:
    def agree(question: str) -> str:
        assert "Commit this" in question
        assert values(shop) == [1, 2]  # not yet
        assert "11," in shown(desk)
        return "yes"

    changer(volume, desk, agree).change(["UPDATE t SET x = x + 10 WHERE x = 1;"])
    assert values(shop) == [2, 11]
    assert "1 row changed: UPDATE t SET" in shown(desk)
    assert "Committed by " in shown(desk)


@pytest.mark.parametrize("answer", ["", "no", "y", "yes please"])
def test_anything_but_yes_changes_nothing(
    volume: Path, desk: Desk, shop: sqlite3.Connection, answer: str
) -> None:
    with pytest.raises(Refused, match="nothing was changed"):
        changer(volume, desk, lambda _: answer).change(["DELETE FROM t"])
    assert values(shop) == [1, 2]
    assert not (volume / NOTES).exists()


def test_the_shop_can_write_while_somebody_thinks(
    volume: Path, desk: Desk, shop: sqlite3.Connection
) -> None:
    shop.execute("PRAGMA busy_timeout=0")

    def think(_question: str) -> str:
        shop.execute("INSERT INTO t VALUES (3, NULL)")  # would be "database is locked"
        return "yes"

    changer(volume, desk, think).change(["DELETE FROM t WHERE x = 1"])
    assert values(shop) == [2, 3]


def test_a_change_that_would_touch_other_rows_than_shown_is_not_committed(
    volume: Path, desk: Desk, shop: sqlite3.Connection
) -> None:
    def think(_question: str) -> str:
        shop.execute("INSERT INTO t VALUES (3, NULL)")
        return "yes"

    with pytest.raises(Refused, match="meanwhile the shop has changed"):
        changer(volume, desk, think).change(["DELETE FROM t"])
    assert values(shop) == [1, 2, 3]


def test_statements_are_changed_together_or_not_at_all(
    volume: Path, desk: Desk, shop: sqlite3.Connection
) -> None:
    with pytest.raises(Refused, match="no such table"):
        changer(volume, desk).change(["DELETE FROM t", "DELETE FROM nowhere"], is_agreed=True)
    assert values(shop) == [1, 2]


def test_a_broken_reference_is_refused_at_the_commit_and_noted(
    volume: Path, desk: Desk, shop: sqlite3.Connection
) -> None:
    with pytest.raises(Refused, match=r"FOREIGN KEY constraint failed. Nothing was changed"):
        changer(volume, desk).change(["UPDATE t SET p = 99"], is_agreed=True)
    assert [note["state"] for note in notes(volume)] == ["committing", "failed"]
    assert shop.execute("SELECT count(p) FROM t").fetchone() == (0,)


def test_who_changed_what_is_noted_before_and_after(
    volume: Path, desk: Desk, shop: sqlite3.Connection
) -> None:
    changer(volume, desk).change(["DELETE FROM t", "SELECT 1"], is_agreed=True)
    first, second = notes(volume)
    assert (first["state"], second["state"]) == ("committing", "committed")
    assert second["statements"] == ["DELETE FROM t", "SELECT 1"]
    assert second["changed"] == [2, None]
    assert "@" in second["who"]
    assert values(shop) == []


def test_while_it_writes_others_can_see_who(
    volume: Path, desk: Desk, shop: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(
        "bodega.ops.console.changing.note",
        lambda *_: seen.extend(w.who for w in holders.boards(volume / "primary.sqlite3")),
    )
    changer(volume, desk).change(["DELETE FROM t"], is_agreed=True)
    assert seen
    assert all(name.startswith("bodega sql of ") for name in seen)
    assert holders.boards(volume / "primary.sqlite3") == []


def test_it_waits_its_turn_and_then_names_who_has_it(
    volume: Path, desk: Desk, shop: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bodega.databases.pragmas.EVERYWHERE", {"busy_timeout": ("10", 10, "test")})
    shop.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refused, match=r"primary.sqlite3 is held by .*Try again"):
        changer(volume, desk).change(["DELETE FROM t"], is_agreed=True)
    shop.execute("ROLLBACK")


def test_the_wal_is_neither_checkpointed_nor_removed(
    volume: Path, desk: Desk, shop: sqlite3.Connection
) -> None:
    wal = volume / "primary.sqlite3-wal"
    before = wal.stat()
    changer(volume, desk).change(["DELETE FROM t"], is_agreed=True)
    shop.close()  # the console's reader is still there, and closes last
    desk.reader.close()
    assert wal.stat().st_ino == before.st_ino
    assert wal.stat().st_size > before.st_size


def test_the_schema_can_be_changed_too(volume: Path, desk: Desk, shop: sqlite3.Connection) -> None:
    changer(volume, desk).change(["CREATE INDEX t_x ON t (x)"], is_agreed=True)
    assert "done: CREATE INDEX" in shown(desk)
    assert shop.execute("SELECT name FROM sqlite_schema WHERE name = 't_x'").fetchall()


def test_only_the_first_rows_are_shown(volume: Path, desk: Desk, shop: sqlite3.Connection) -> None:
    shop.executemany("INSERT INTO t VALUES (?, NULL)", [(n,) for n in range(100, 150)])
    changer(volume, desk).change(["DELETE FROM t WHERE x >= 100"], is_agreed=True)
    assert "50 rows changed (the first 10 are shown)" in shown(desk)
    assert "109," in shown(desk)
    assert "110," not in shown(desk)


def test_without_anybody_to_ask_it_says_what_a_script_must_say() -> None:
    with pytest.raises(Refused, match="--shop NAME --yes"):
        nobody_to_ask("Commit?")
