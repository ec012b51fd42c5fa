"""JSON as PostgreSQL's `jsonb` compares it, on JSON texts, for SQLite (which compares texts).

Sources: https://www.postgresql.org/docs/15/datatype-json.html (8.14.3 containment and existence, 8.14.4
equality and order) and src/backend/utils/adt/jsonb_util.c. Kept differences: numbers are compared as
Python reads them, integers exactly and others as doubles; texts are ordered by code point (PostgreSQL:
by the database's collation); `"text" -> 0` is nothing (PostgreSQL: the text, an accident of its format).
"""

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

Json: TypeAlias = Any  # None, bool, int, float, str, list, dict: as json.loads gives it

# Object > Array > Boolean > Number > String > null (8.14.4).
RANKS = {type(None): 0, str: 1, int: 2, float: 2, bool: 3, list: 4, dict: 5}

CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode  # made once: 3 µs


def canonical(value: Json) -> str:
    """A text that is the same for equal values: keys sorted, 1.0 written as 1, no spaces."""
    return CANONICAL(_plain(value))


def compare(one: Json, other: Json) -> int:
    """-1, 0 or 1: how two values are ordered."""
    # "For historical reasons" an empty array sorts below every plain value, at the top only.
    for array, plain, found in ((one, other, -1), (other, one, 1)):
        if array == [] and not isinstance(plain, list | dict):
            return found
    return _order(one, other)


def contains(one: Json, other: Json) -> bool:
    """`one @> other`: structure and content of `other` are found in `one`.

    An array may contain a plain value as if it were an array of it, at the top only.
    """
    if isinstance(one, list) and not isinstance(other, list | dict):
        return _has_scalar(one, other)
    return _contains_deeply(one, other)


def at(value: Json, path: Sequence[str]) -> tuple[bool, Json]:
    """`value #> path`: whether something is there, and what. A number counts as an index in an array
    (from its end when negative) and as a key in an object."""
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and _is_index(step, len(value)):
            value = value[int(step)]
        else:
            return False, None
    return True, value


def text(value: Json) -> str:
    """The value as PostgreSQL writes it: `{"a": 1, "bb": [true, null]}`, shorter keys first."""
    if isinstance(value, dict):
        pairs = (f"{text(key)}: {text(value[key])}" for key in sorted(value, key=_key_order))
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _order(one: Json, other: Json) -> int:
    rank = RANKS[type(one)]
    if rank != RANKS[type(other)]:
        return _compare_scalars(rank, RANKS[type(other)])
    if isinstance(one, list):
        return _compare_lists(one, other)
    if isinstance(one, dict):
        return _compare_objects(one, other)
    return 0 if one is None else _compare_scalars(one, other)


def _compare_scalars(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


def _compare_lists(one: list[Json], other: list[Json]) -> int:
    """Shorter first, then element by element."""
    if len(one) != len(other):
        return _compare_scalars(len(one), len(other))
    return next((found for pair in zip(one, other, strict=True) if (found := _order(*pair))), 0)


def _compare_objects(one: dict[str, Json], other: dict[str, Json]) -> int:
    """Fewer pairs first, then key by key and value by value, in the order in which keys are kept."""
    if len(one) != len(other):
        return _compare_scalars(len(one), len(other))
    pairs = zip(sorted(one, key=_key_order), sorted(other, key=_key_order), strict=True)
    for key, other_key in pairs:
        found = _compare_scalars(key, other_key) or _order(one[key], other[other_key])
        if found:
            return found
    return 0


def _contains_deeply(one: Json, other: Json) -> bool:
    if isinstance(other, dict):
        return isinstance(one, dict) and all(
            key in one and _contains_deeply(one[key], value) for key, value in other.items()
        )
    if isinstance(other, list):
        return isinstance(one, list) and all(_has_element(one, value) for value in other)
    return _is_equal_scalar(one, other)


def _has_element(array: list[Json], value: Json) -> bool:
    if isinstance(value, list | dict):
        return any(_contains_deeply(each, value) for each in array)
    return _has_scalar(array, value)


def _has_scalar(array: list[Json], value: Json) -> bool:
    return any(_is_equal_scalar(each, value) for each in array)


def _is_equal_scalar(one: Json, other: Json) -> bool:
    # Not `==` alone: for Python True is 1.
    return RANKS[type(one)] == RANKS[type(other)] < RANKS[list] and bool(one == other)


def _is_index(step: str, length: int) -> bool:
    try:
        return -length <= int(step) < length
    except ValueError:
        return False


def _key_order(key: str) -> tuple[int, bytes]:
    encoded = key.encode("utf-8", "surrogatepass")
    return len(encoded), encoded
