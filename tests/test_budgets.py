"""The budgets of docs/architecture.md: small files, small functions, thin views, no broad excepts."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
SOURCES = [
    path
    for package in ("bodega", "fakestripe")
    for path in sorted((ROOT / "src" / package).rglob("*.py"))
    if "migrations" not in path.parts
]
FULL = [path for path in SOURCES if path.read_text().strip().count("\n") > 2]

# Where `except Exception` may stand (chapter 2): things that must outlive one bad item.
MAY_CATCH_EVERYTHING = {
    "bodega/jobs/running.py": "a job that fails is a failed job, the worker goes on",
    "bodega/jobs/crew.py": "a worker's thread outlives every job",
    "bodega/jobs/worker.py": "relay and scheduler are started again",
}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code and docstring of a function."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "src"))


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[int(len(values) * share)]


def test_files_are_small() -> None:
    sizes = {name(path): path.read_text().count("\n") for path in FULL}
    assert {file: size for file, size in sizes.items() if size > 500} == {}
    assert percentile(list(sizes.values()), 0.9) <= 300
    assert median(sizes.values()) <= 90


def test_functions_are_small() -> None:
    sizes = {f"{name(path)}:{node.name}": length(node) for path in FULL for node in functions(path)}
    assert {function: size for function, size in sizes.items() if size > 60} == {}
    assert percentile(list(sizes.values()), 0.9) <= 25
    assert median(sizes.values()) <= 9


def test_functions_take_few_arguments() -> None:
    counts = [
        len(
            [
                a
                for a in (*n.args.posonlyargs, *n.args.args, *n.args.kwonlyargs)
                if a.arg not in ("self", "cls")
            ]
        )
        for path in FULL
        for n in functions(path)
    ]
    assert percentile(counts, 0.9) <= 4


def is_view(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return bool(node.args.args) and node.args.args[0].arg in ("request", "_request")


def test_a_view_turns_http_into_one_call() -> None:
    sizes = {
        f"{name(path)}:{node.name}": body_lines(node)
        for path in FULL
        if "backoffice" not in path.parts and "fakestripe" not in path.parts
        for node in functions(path)
        if is_view(node)
    }
    assert {view: size for view, size in sizes.items() if size > 15} == {}


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def broad_excepts(source: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]


def test_broad_excepts_stand_only_where_something_must_outlive_one_bad_item() -> None:
    found = {name(path) for path in FULL if broad_excepts(path.read_text())}
    assert found <= set(MAY_CATCH_EVERYTHING)


def test_the_budgets_can_fail() -> None:
    swallowing = "try:\n    f()\nexcept Exception:\n    pass\n"
    assert broad_excepts(swallowing) == [3]
    assert broad_excepts(swallowing.replace("pass", "raise")) == []
    long = ast.parse("def view(request):\n" + "    a = 1\n" * 70).body[0]
    assert isinstance(long, ast.FunctionDef)
    assert is_view(long)
    assert length(long) == 71
    assert body_lines(long) == 70


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name(path)
        for path in FULL
        if path.name not in ("apps.py",) and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
