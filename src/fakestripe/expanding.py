"""`expand[]`: replaces ids by their objects, and adds the lists that are left out by default."""

from collections.abc import Callable
from typing import Any

from fakestripe import Json
from fakestripe.bank import Bank
from fakestripe.errors import invalid

DEEPEST = 4

Adder = Callable[[Bank, Json], Json]


def expand(
    bank: Bank, answer: Json, paths: list[str], addable: dict[tuple[str, str], Adder]
) -> Json:
    """`paths` are dotted, such as `data.payment_intent.latest_charge`; raises a 400 for one
    that leads nowhere. `addable` maps (object, field) to what adds a left-out list."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST + (steps[0] == "data"):
            raise invalid(f"You cannot expand more than {DEEPEST} levels: {path}", "expand")
        walk(bank, answer, steps, path, addable)
    return answer


def walk(
    bank: Bank, node: Any, steps: list[str], path: str, addable: dict[tuple[str, str], Adder]
) -> None:
    if isinstance(node, list):
        for item in node:
            walk(bank, item, steps, path, addable)
        return
    if not steps or node is None:
        return
    name, *rest = steps
    if not isinstance(node, dict):
        raise cannot(path)
    adder = addable.get((node.get("object", ""), name))
    if adder is not None:
        node[name] = adder(bank, node)
    elif name not in node:
        raise cannot(path)
    elif isinstance(node[name], str):
        found = bank.store.get(node[name])
        if found is None:
            raise cannot(path)
        node[name] = found
    elif not rest and not isinstance(node[name], dict) and node[name] is not None:
        raise cannot(path)
    walk(bank, node[name], rest, path, addable)


def cannot(path: str) -> Exception:
    return invalid(
        f"This property cannot be expanded ({path}). You may want to try expanding another one.",
        "expand",
    )
