import csv as standard
import io
import json as standard_json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bodega.ops.console.formats import csv, json, unique

CELLS = st.none() | st.integers() | st.text(st.characters(codec="utf-8"))


def test_csv_tells_null_from_the_empty_text() -> None:
    assert list(csv(["a", "b", "c"], [(None, "", b"\x01\xff")])) == ["a,b,c", ',"",01ff']


def test_csv_quotes_what_needs_it() -> None:
    assert list(csv(["a"], [('1,"2"',), ("x\ny",), (" z",)])) == [
        "a",
        '"1,""2"""',
        '"x\ny"',
        '" z"',
    ]


@given(st.lists(st.tuples(CELLS, CELLS)))
def test_csv_is_read_back_by_anybody(rows: list[tuple[Any, Any]]) -> None:
    text = "".join(f"{line}\n" for line in csv(["a", "b"], rows))
    found = list(standard.reader(io.StringIO(text, newline="")))[1:]
    assert found == [["" if value is None else str(value) for value in row] for row in rows]


@given(st.lists(st.tuples(CELLS, CELLS)))
def test_json_is_read_back_by_anybody(rows: list[tuple[Any, Any]]) -> None:
    text = "\n".join(json(["a", "b"], rows))
    assert standard_json.loads(text) == [{"a": a, "b": b} for a, b in rows]


def test_json_keeps_columns_of_the_same_name_apart() -> None:
    assert unique(["count", "a", "count"]) == ["count", "a", "count:2"]
    assert list(json(["n", "n"], [(1, b"\x0a")])) == ['[{"n": 1, "n:2": "0a"}', "]"]
