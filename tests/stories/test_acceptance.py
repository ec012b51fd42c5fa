"""The table of `tests.stories` is complete: twelve acceptance tests, each shown and with a control."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from tests import stories

HERE = Path(__file__).parent
ENTRY = re.compile(r"^ ?(\d+)\. ", re.MULTILINE)
LINE = re.compile(r"^    (shows|control) +(\w+)\.(test_\w+)$", re.MULTILINE)
Table = dict[int, dict[str, list[tuple[str, str]]]]


def table(text: str) -> Table:
    """By number: the tests that show it, and the controls."""
    _, *parts = ENTRY.split(text)
    found: Table = {}
    for number, part in zip(parts[::2], parts[1::2], strict=True):
        found[int(number)] = defaultdict(list)
        for role, file, name in LINE.findall(part):
            found[int(number)][role].append((file, name))
    return found


def complaints(text: str) -> list[str]:
    """What the table lacks, and what it names that is not there."""
    rows = table(text)
    found = [f"{n} is not in the table" for n in range(1, 13) if n not in rows]
    for number, tests in rows.items():
        found += [f"{number} has no {role}" for role in ("shows", "control") if not tests[role]]
        named = tests["shows"] + tests["control"]
        found += [f"{file}.{name} is not there" for file, name in named if not is_there(file, name)]
    return found


def is_there(file: str, name: str) -> bool:
    """Whether the file has a test function of that name."""
    path = HERE / f"{file}.py"
    if not path.exists():
        return False
    body = ast.parse(path.read_text()).body
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in body)


def test_all_twelve_are_shown_and_have_a_control() -> None:
    assert stories.__doc__
    assert complaints(stories.__doc__) == []
    assert list(table(stories.__doc__)) == list(range(1, 13))


def test_a_test_that_was_renamed_and_a_control_that_was_dropped_are_noticed() -> None:
    assert stories.__doc__
    renamed = stories.__doc__.replace("test_it_is_paid_at_once", "test_it_was_paid_at_once")
    (told,) = complaints(renamed)
    assert told.startswith("test_zero_total.test_it_was_paid")
    dropped = re.sub(r"    control  test_zero_total.*\n", "", stories.__doc__)
    assert complaints(dropped) == ["10 has no control"]
    without = stories.__doc__.replace("10. a total", "    a total")
    assert "10 is not in the table" in complaints(without)
