import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from bodega.databases.functions import FUNCTIONS, register


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:")
    register(made)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("fold('Café GRÖSSE')", "cafe grosse"),
        ("fold(12)", "12"),
        ("fold(x'C389')", "e"),
        ("fold_ends('Straße', 'SSE')", 1),
        ("fold_ends('Straße', 'strass')", 0),
        ("fold_ends('a', '')", 1),
        ("""jsonb_canonical('{"b": 1.0, "a": [ ]}')""", '{"a":[],"b":1}'),
        ("jsonb_compare('2', '10')", -1),
        ("jsonb_contains('[1, 2]', '[2]')", 1),
        ("""jsonb_at('{"a": [5]}', '["a", "0"]')""", "5"),
        ("""jsonb_at('{"a": null}', '["a"]')""", "null"),
        ("""jsonb_at('{"a": 1}', '["b"]')""", None),
        ("""jsonb_text('{"bb":1,"a":2}')""", '{"a": 2, "bb": 1}'),
    ],
)
def test_a_function_says(connection: sqlite3.Connection, expression: str, value: Any) -> None:
    assert connection.execute(f"SELECT {expression}").fetchone() == (value,)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_null_gives_null(connection: sqlite3.Connection, name: str) -> None:
    count = FUNCTIONS[name][0]
    arguments = ", ".join(["NULL", "'x'"][:count])
    assert connection.execute(f"SELECT {name}({arguments})").fetchone() == (None,)


def test_they_may_stand_in_an_index(connection: sqlite3.Connection) -> None:
    """They are deterministic: SQLite refuses others there."""
    connection.execute("CREATE TABLE t (x)")
    connection.execute("CREATE INDEX folded ON t (fold(x))")
    plan = connection.execute("EXPLAIN QUERY PLAN SELECT * FROM t WHERE fold(x) = 'a'").fetchall()
    assert "USING INDEX folded" in str(plan)
