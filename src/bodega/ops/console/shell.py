"""The conversation: a prompt, statements over several lines, a few dot commands, a history."""

import os
from collections.abc import Callable
from pathlib import Path

from bodega.databases.layout import FILES
from bodega.databases.looking import CannotLook
from bodega.ops.console.asking import Refused
from bodega.ops.console.desk import Desk
from bodega.ops.console.statements import is_blank, is_complete

KEPT_LINES = 1_000
HELP = """\
.tables [PART]  tables and views, of attached files too; PART: only names with it
.schema TABLE   how a table is made: columns, indexes, triggers
.files          the volume's four files, their sizes, and what is attached here
.quit           leave; so do Ctrl-D and .exit
A statement ends with ; and may take several lines. Ctrl-C stops it.
fold(text) leaves out case and accents: SELECT … WHERE fold(name) = fold('CAFÉ');"""

TABLES = """
    SELECT CASE schema WHEN 'main' THEN name ELSE schema || '.' || name END AS name,
           CASE type WHEN 'virtual' THEN 'search index' ELSE type END AS kind, ncol AS columns
    FROM pragma_table_list
    WHERE type <> 'shadow' AND schema <> 'temp' AND name NOT LIKE 'sqlite%'
      AND instr(fold(name), fold('{part}')) ORDER BY schema <> 'main', schema, name"""
SCHEMA = """SELECT sql || ';' FROM "{file}".sqlite_schema WHERE sql IS NOT NULL
    AND lower(tbl_name) = lower('{name}') ORDER BY type <> 'table', type, name"""


class Leave(Exception):
    """Somebody wants to go."""


class Shell:
    """`read(prompt)` gives a line or raises EOFError; `run` gets each complete statement."""

    def __init__(
        self, desk: Desk, name: str, read: Callable[[str], str], run: Callable[[str], None]
    ) -> None:
        self.desk = desk
        self.name = name
        self._read = read
        self._run = run

    def talk(self) -> None:
        """Answer until somebody leaves. What goes wrong is said, and the talk goes on."""
        while True:
            try:
                self.obey(self.listen())
            except KeyboardInterrupt:
                self.desk.speak("")  # a fresh line; what was typed is forgotten
            except (EOFError, Leave):
                return
            except (Refused, CannotLook) as error:
                self.desk.speak(f"Error: {error}")

    def listen(self) -> str:
        """A statement or a dot command."""
        text = self._read(f"{self.name}> ")
        while not (text.startswith(".") or is_complete(text) or is_blank(text)):
            text += "\n" + self._read(f"{'…':>{len(self.name)}}> ")
        return text

    def obey(self, text: str) -> None:
        """Do what a line says. Raises Refused, CannotLook, Leave."""
        if is_blank(text):
            return
        if not text.startswith("."):
            self._run(text)
            return
        word, _, rest = text.strip().partition(" ")
        command = COMMANDS.get(word)
        if command is None:
            raise Refused(f"there is no {word}; there are {', '.join(COMMANDS)}.")
        command(self.desk, rest.strip().rstrip(";"))


def show_tables(desk: Desk, part: str) -> None:
    """The tables, of attached files too."""
    desk.answer(TABLES.format(part=quoted(part)))


def show_schema(desk: Desk, table: str) -> None:
    """How a table is made. Raises Refused."""
    if not table:
        raise Refused("which table? .schema TABLE")
    file, _, name = table.rpartition(".")
    if file and file not in desk.reader.files:
        raise Refused(f"no file is attached as {file}. See .files")
    statement = SCHEMA.format(file=file or "main", name=quoted(name))
    found = [sql for (sql,) in desk.reader.connection.execute(statement)]
    if not found:
        raise Refused(f"there is no table {table}. See .tables")
    desk.speak("\n".join(found))


def show_files(desk: Desk, _rest: str = "") -> None:
    """The four files, looked at from outside."""
    here = {path: name for name, path in desk.reader.files.items()}
    directory = os.path.dirname(next(iter(here)))
    for file in FILES.values():
        path = os.path.join(directory, file.name)
        name = here.get(path)
        state = "asked here" if name == "main" else f"attached as {name}" if name else ""
        wal = size(f"{path}-wal")
        desk.speak(
            f"{file.name:<16} {size(path):>9}  wal {wal:>9}  {file.holds:<50} {state}".rstrip()
        )


def show_help(desk: Desk, _rest: str = "") -> None:
    """The dot commands."""
    desk.speak(HELP)


def leave(_desk: Desk, _rest: str = "") -> None:
    """Raises Leave."""
    raise Leave


COMMANDS: dict[str, Callable[[Desk, str], None]] = {
    ".tables": show_tables,
    ".schema": show_schema,
    ".files": show_files,
    ".help": show_help,
    ".quit": leave,
    ".exit": leave,
}


def size(path: str) -> str:
    """A file's size for people, by `stat` only."""
    try:
        return f"{os.stat(path).st_size / 1e6:.1f} MB"
    except FileNotFoundError:
        return "-"


def quoted(text: str) -> str:
    """`text` for the inside of a quoted SQL text."""
    return text.replace("'", "''")


def history_file() -> Path:
    """Where what was typed is kept: the user's state directory (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "bodega" / "sql_history"


class History:
    """The history of the prompt, read at the beginning and kept at the end; only its owner reads it."""

    def __init__(self, path: Path | None) -> None:
        """`path` None: nothing is kept."""
        self.path = path

    def __enter__(self) -> "History":
        import readline

        readline.set_history_length(KEPT_LINES)
        if self.path is not None and self.path.exists():
            readline.read_history_file(self.path)
        return self

    def __exit__(self, *_: object) -> None:
        import readline

        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.touch(mode=0o600)
        readline.write_history_file(self.path)
