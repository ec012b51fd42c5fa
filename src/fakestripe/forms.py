"""Reads form-encoded parameters with Stripe's bracket nesting.

`line_items[0][price]=p&expand[]=customer` becomes
`{"line_items": {"0": {"price": "p"}}, "expand": {"0": "customer"}}`. Lists stay dictionaries
with numbers for keys here: only the parameter tables know what is a list.
"""

import re
from urllib.parse import parse_qsl

from fakestripe import Json
from fakestripe.errors import invalid

MOST_FIELDS = 5_000

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")


def decode(encoded: str) -> Json:
    """Raises a 400 for names that do not nest properly."""
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise invalid(f"More than {MOST_FIELDS} parameters were sent.") from None
    tree: Json = {}
    for name, value in pairs:
        place(tree, name, value)
    return tree


def place(tree: Json, name: str, value: str) -> None:
    match = _NAME.fullmatch(name)
    if match is None:
        raise invalid(f"Invalid parameter name: {name}", name)
    steps = [match[1], *_STEP.findall(match[2])]
    for step in steps[:-1]:
        tree = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise invalid(f"Invalid object: {name} has both a value and parts", match[1])
    last = steps[-1] or str(len(tree))
    if isinstance(tree.get(last), dict):
        raise invalid(f"Invalid object: {name} has both a value and parts", match[1])
    tree[last] = value
