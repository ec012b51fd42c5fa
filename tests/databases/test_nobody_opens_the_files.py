"""Nobody opens the four files by hand (design 3.2, rule 2): a closed descriptor drops SQLite's locks.

Looked at is the source: whatever opens, reads or copies what is named like a database file, and every
`sqlite3.connect` outside the places that own one.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

# Methods and functions that open a file and close it again. `stat`, `exists` and `unlink` do not.
OPENERS = {"open", "read_bytes", "read_text", "write_bytes", "write_text", "touch", "mmap"}
OPENERS |= {"copy", "copy2", "copyfile", "copyfileobj", "copytree", "move"}
DATABASE = (".sqlite3", "-shm")
NAMES = {"database", "primary", "db_path", "database_path"}

# Who may, and why.
MAY_CONNECT = {
    "bodega/databases/opening.py": "the place where connections are made",
    "bodega/databases/holdings.py": "the anchor",
    "bodega/databases/salvaging.py": "another process than the shop's, on scratch copies",
    "bodega/databases/copies.py": "backups: a process of their own, and copies nobody else knows",
    "bodega/databases/looking.py": "the console: a process of its own, read-only",
    "bodega/databases/foreign.py": "somebody else's file: read-only, in a process of its own",
    "bodega/databases/register.py": "a file of its own in `locks/`, none of the four",
    "bodega/databases/story.py": "the same file, read-only",
}
MAY_OPEN = {
    "bodega/databases/salvaging.py": "a command that does not have the database open",
    "bodega/databases/witness.py": "a descriptor that is never closed while the process serves",
}


def called(node: ast.Call) -> str:
    """The last part of what is called: "open" for Path(…).open(…)."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def is_database(node: ast.AST) -> bool:
    """Whether an expression has to do with a database file: by a piece of its name, or a variable's."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            if inner.value.endswith(DATABASE):
                return True
        elif (isinstance(inner, ast.Name) and inner.id in NAMES) or (
            isinstance(inner, ast.Attribute) and inner.attr in NAMES
        ):
            return True
    return False


def openings(tree: ast.AST) -> Iterator[int]:
    """Lines that open a database file by hand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in OPENERS:
            subjects = [*node.args]
            if isinstance(node.func, ast.Attribute):
                subjects.append(node.func.value)
            if any(is_database(each) for each in subjects):
                yield node.lineno


def connections(tree: ast.AST) -> Iterator[int]:
    """Lines that call `sqlite3.connect`, under whatever name the module goes."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "connect"
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in {"sqlite3", "dbapi2", "pysqlite3", "Database"}
        ):
            yield node.lineno


def modules() -> Iterator[tuple[str, ast.AST]]:
    """The shop's modules. The drill hurts scratch databases on purpose, in processes of its own."""
    for path in sorted((SOURCE / "bodega").rglob("*.py")):
        name = str(path.relative_to(SOURCE))
        if not name.startswith("bodega/ops/drill/"):
            yield name, ast.parse(path.read_text())


def test_nobody_opens_a_database_file_by_hand() -> None:
    found = {name: list(openings(tree)) for name, tree in modules() if name not in MAY_OPEN}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_connections_are_made_in_one_place() -> None:
    found = {name: list(connections(tree)) for name, tree in modules() if name not in MAY_CONNECT}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("exception", sorted({*MAY_CONNECT, *MAY_OPEN}))
def test_no_exception_is_made_for_nothing(exception: str) -> None:
    tree = ast.parse((SOURCE / exception).read_text())
    assert list(connections(tree)) or list(openings(tree))


@pytest.mark.parametrize(
    "line",
    [
        "open('primary.sqlite3', 'rb')",
        "open(folder / 'primary.sqlite3')",
        "Path(f'{path}.sqlite3').read_bytes()",
        "(volume / 'primary.sqlite3-shm').open()",
        "os.open(f'{name}-shm', os.O_RDONLY)",
        "shutil.copy(database, target)",
        "shutil.copyfile(self.database, target)",
        "hashlib.sha256(database.read_bytes())",
        "database.touch()",
    ],
)
def test_the_rule_finds_what_would_drop_the_locks(line: str) -> None:
    assert list(openings(ast.parse(line))) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "os.stat('primary.sqlite3')",
        "os.open(f'{path}-wal', os.O_RDONLY)",
        "(volume / 'volume.json').read_text()",
        "database.stat()",
        "open('notes.txt')",
    ],
)
def test_the_rule_leaves_alone_what_is_harmless(line: str) -> None:
    assert list(openings(ast.parse(line))) == []


def test_the_rule_finds_a_connection_of_somebody_elses() -> None:
    assert list(connections(ast.parse("import sqlite3\nc = sqlite3.connect(path)"))) == [2]
