"""Reads form-encoded parameters with Stripe's bracket nesting.

`line_items[0][price]=p&expand[]=customer` becomes
`{"line_items": {"0": {"price": "p"}}, "expand": {"0": "customer"}}`. Lists stay dictionaries
with numbers for keys here: only the parameter tables know what is a list.
"""

import re
from urllib.parse import unquote

from fakestripe import Json
from fakestripe.errors import ApiError, invalid

MOST_FIELDS = 5_000

_NAME = re.compile(r"[^\[\]]+(?:\[[^\[\]]*\])*")


def decode(encoded: str) -> Json:
    """Raises a 400 for names that do not nest properly."""
    if encoded.count("&") >= MOST_FIELDS:
        raise invalid(f"More than {MOST_FIELDS} parameters were sent.")
    tree: Json = {}
    for pair in encoded.replace("+", " ").split("&"):
        name, _, value = pair.partition("=")
        if pair:
            place(tree, unquote(name), unquote(value))
    return tree


def place(tree: Json, name: str, value: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise invalid(f"Invalid parameter name: {name}", name)
    steps = name.removesuffix("]").replace("][", "[").split("[")
    for step in steps[:-1]:
        tree = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise torn(name, steps[0])
    last = steps[-1] or str(len(tree))
    if isinstance(tree.get(last), dict):
        raise torn(name, steps[0])
    tree[last] = value


def torn(name: str, first: str) -> ApiError:
    return invalid(f"Invalid object: {name} has both a value and parts", first)
