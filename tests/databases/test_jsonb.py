import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodega.databases import jsonb

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0])
    | st.text("ab", max_size=2)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_order_is_an_order_and_equal_means_the_same_canonical_text(one: Any, other: Any) -> None:
    assert jsonb.compare(one, other) == -jsonb.compare(other, one)
    assert (jsonb.compare(one, other) == 0) == (jsonb.canonical(one) == jsonb.canonical(other))


@given(st.lists(VALUES, min_size=3, max_size=3))
def test_order_is_transitive(values: list[Any]) -> None:
    a, b, c = values
    if jsonb.compare(a, b) <= 0 and jsonb.compare(b, c) <= 0:
        assert jsonb.compare(a, c) <= 0


@given(VALUES)
def test_everything_contains_itself_and_survives_being_written(value: Any) -> None:
    assert jsonb.contains(value, value)
    assert json.loads(jsonb.text(value)) == value
    assert jsonb.compare(json.loads(jsonb.canonical(value)), value) == 0


@given(st.dictionaries(st.text("abc", max_size=2), SCALARS), st.text("abc", max_size=2))
def test_an_object_contains_each_of_its_parts(value: dict[str, Any], key: str) -> None:
    assert jsonb.contains(value, {k: v for k, v in value.items() if k != key})
    assert jsonb.contains(value, {**value, key: ["new"]}) is False


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, "a"), ("a", "b"), ("z", 0), (9, False), (False, True), (True, [1]), ([9], {}),
        ([], None), ([], 1), ([9], [1, 2]), ([1, 2], [1, 3]), ({"z": 9}, {"a": 1, "b": 1}),
        ({"b": 1}, {"aa": 1}), ({"a": 1}, {"a": 2}),
    ],
)  # fmt: skip
def test_the_order_is_postgresqls(one: Any, other: Any) -> None:
    # "b" is kept before "aa", but keys are compared as texts: "aa" < "b".
    expected = 1 if (one, other) == ({"b": 1}, {"aa": 1}) else -1
    assert jsonb.compare(one, other) == expected


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ([], (True, {"a": [{"0": 5}, 2]})),
        (["a", "0", "0"], (True, 5)),
        (["a", "-1"], (True, 2)),
        (["a", "2"], (False, None)),
        (["a", "-3"], (False, None)),
        (["a", "x"], (False, None)),
        (["a", "1", "x"], (False, None)),
    ],
)
def test_a_path_leads_through_keys_and_indexes(path: list[str], found: tuple[bool, Any]) -> None:
    assert jsonb.at({"a": [{"0": 5}, 2]}, path) == found


def test_shorter_keys_are_written_first() -> None:
    assert jsonb.text({"bb": True, "c": None, "aa": "é"}) == '{"c": null, "aa": "é", "bb": true}'
