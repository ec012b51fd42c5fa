"""SQL functions of our connections: folding, and JSON as on PostgreSQL (design 3.3).

All are deterministic, and NULL for a NULL. `engine/lookups` writes the SQL that calls them.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from sqlite3 import Connection
from typing import Any

from bodega.databases import jsonb
from bodega.lib.text import fold

Function = Callable[..., Any]


def register(connection: Connection) -> None:
    """Give a connection all of `FUNCTIONS`."""
    for name, (arguments, function) in FUNCTIONS.items():
        connection.create_function(name, arguments, _null_for_null(function), deterministic=True)


def folded(value: Any) -> str:
    """fold(text): without case and accents."""
    return fold(value if isinstance(value, str) else _as_text(value))


def folded_ends_with(value: Any, end: Any) -> bool:
    """fold_ends(text, end): whether the folded text ends with the folded end."""
    return folded(value).endswith(folded(end))


def json_canonical(document: str) -> str:
    """jsonb_canonical(json): a text that is the same for equal JSON."""
    return jsonb.canonical(json.loads(document))


def json_compare(one: str, other: str) -> int:
    """jsonb_compare(json, json): -1, 0 or 1."""
    return jsonb.compare(json.loads(one), _loaded(other))


def json_contains(one: str, other: str) -> bool:
    """jsonb_contains(json, json): one @> other."""
    return jsonb.contains(_loaded(one), _loaded(other))  # either side may be the constant


def json_at(document: str, path: str) -> str | None:
    """jsonb_at(json, path): json #> path, `path` a JSON array of texts; NULL when nothing is there."""
    is_there, value = jsonb.at(json.loads(document), _loaded(path))
    return json.dumps(value) if is_there else None


def json_text(document: str) -> str:
    """jsonb_text(json): the JSON as PostgreSQL writes it."""
    return jsonb.text(json.loads(document))


FUNCTIONS: dict[str, tuple[int, Function]] = {
    "fold": (1, folded),
    "fold_ends": (2, folded_ends_with),
    "jsonb_canonical": (1, json_canonical),
    "jsonb_compare": (2, json_compare),
    "jsonb_contains": (2, json_contains),
    "jsonb_at": (2, json_at),
    "jsonb_text": (1, json_text),
}


def _null_for_null(function: Function) -> Function:
    def called(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    return called


@lru_cache(maxsize=64)
def _loaded(document: str) -> Any:
    """What stays the same from row to row. Not to be changed by who gets it."""
    return json.loads(document)


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
