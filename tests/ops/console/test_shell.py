import stat
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from bodega.databases.looking import Reader
from bodega.databases.opening import open_file
from bodega.ops.console.desk import Desk
from bodega.ops.console.formats import csv
from bodega.ops.console.shell import History, Shell, history_file


@pytest.fixture
def desk(volume: Path) -> Iterator[Desk]:
    for role in ("primary", "queue"):
        writer = open_file(role, volume)
        writer.execute(f"CREATE TABLE {role}_things (x TEXT)")
        writer.execute(f"CREATE INDEX {role}_x ON {role}_things (x)")
        writer.close()
    files = {"main": str(volume / "primary.sqlite3"), "queue": str(volume / "queue.sqlite3")}
    out = StringIO()
    made = Desk(
        Reader(files), csv, 1.0, out, lambda text: print(text, file=out), is_for_people=False
    )
    yield made
    made.reader.close()


def talk(desk: Desk, *lines: str) -> str:
    """What a talk of these lines shows."""
    typed = iter(lines)

    def read(prompt: str) -> str:
        for line in typed:
            print(prompt, line, sep="", file=desk.out)
            if line == "^C":
                raise KeyboardInterrupt
            return line
        raise EOFError

    Shell(desk, "primary", read, desk.answer).talk()
    assert isinstance(desk.out, StringIO)
    return desk.out.getvalue()


def test_a_statement_may_take_several_lines(desk: Desk) -> None:
    assert talk(desk, "SELECT 1", "AS n;") == "primary> SELECT 1\n      …> AS n;\nn\n1\n"


def test_what_goes_wrong_is_said_and_the_talk_goes_on(desk: Desk) -> None:
    shown = talk(desk, "SELEC;", "SELECT 7;")
    assert "Error: near" in shown
    assert shown.endswith("7\n")


def test_ctrl_c_forgets_what_was_typed(desk: Desk) -> None:
    assert talk(desk, "SELECT", "^C", "SELECT 8;").endswith("8\n")


def test_it_lists_tables_of_attached_files_too(desk: Desk) -> None:
    shown = talk(desk, ".tables", ".tables queue")
    assert "primary_things,table,1" in shown
    assert shown.count("queue.queue_things,table,1") == 2
    assert shown.count("primary_things,table,1") == 1


def test_it_shows_how_a_table_is_made(desk: Desk) -> None:
    shown = talk(desk, ".schema primary_things", ".schema queue.queue_things;")
    assert "CREATE TABLE primary_things (x TEXT);\nCREATE INDEX primary_x" in shown
    assert "CREATE INDEX queue_x" in shown


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (".schema", "which table"),
        (".schema nothing", "there is no table nothing"),
        (".schema cable.x", "no file is attached as cable"),
        (".schema x' OR '1'='1", "there is no table"),
        (".frob", "there is no .frob; there are .tables"),
    ],
)
def test_a_wrong_dot_command_says_what_is_right(desk: Desk, line: str, sentence: str) -> None:
    assert f"Error: {sentence}" in talk(desk, line)


def test_it_shows_the_four_files(desk: Desk) -> None:
    lines = talk(desk, ".files").splitlines()[1:]
    assert [line.split()[0] for line in lines] == [
        *("primary.sqlite3", "cache.sqlite3", "queue.sqlite3", "cable.sqlite3")
    ]
    assert "asked here" in lines[0]
    assert "attached as queue" in lines[2]


@pytest.mark.parametrize("line", [".quit", ".exit"])
def test_one_may_leave(desk: Desk, line: str) -> None:
    assert "SELECT" not in talk(desk, line, "SELECT 1;")


def test_help_names_every_dot_command(desk: Desk) -> None:
    shown = talk(desk, ".help")
    assert all(
        word in shown for word in (".tables", ".schema", ".files", ".quit", ".exit", "fold(")
    )


def test_the_history_is_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    import readline

    readline.clear_history()
    with History(history_file()):
        readline.add_history("SELECT 1;")
    kept = tmp_path / "bodega" / "sql_history"
    assert "SELECT 1;" in kept.read_text().replace("\\040", " ")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    readline.clear_history()
    with History(history_file()):
        assert readline.get_history_item(1) == "SELECT 1;"


def test_nothing_is_kept_when_asked_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with History(None):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_history_has_a_place_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/somewhere")
    expected: Callable[[], Path] = history_file
    assert expected() == Path("/somewhere/.local/state/bodega/sql_history")
