"""Stripe's published example objects, and how an answer of fakestripe differs from them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "stripe" / "fixtures3.json").read_text("utf-8")
)["resources"]

# Differences by object and key, each with its reason. `-` is in the example and not here.
ALLOWED = {
    "charge -refunds": "left out unless expanded since API 2022-11-15; the examples are older",
    "webhook_endpoint +secret": "shown once, in the answer to its creation",
    "payment_method -card": "the example is a card; a method has the part of its own type only",
    "payment_method +sepa_debit": "the example is a card; a method has the part of its own type",
    "refund +failure_balance_transaction": "only refunds that failed have it",
    "refund +failure_reason": "only refunds that failed have it",
}


def differences(kind: str, found: dict[str, Any]) -> set[str]:
    if found.get("deleted"):
        kind = f"deleted_{kind}"
    if kind not in EXAMPLES:
        return {f"{kind} has no example"}
    example = set(EXAMPLES[kind])
    return {f"{kind} -{key}" for key in example - set(found)} | {
        f"{kind} +{key}" for key in set(found) - example
    }


def objects_in(answer: Any) -> Iterator[dict[str, Any]]:
    """Every object in an answer, however deep; a list is no object, what is in it is."""
    if isinstance(answer, list):
        for item in answer:
            yield from objects_in(item)
    elif isinstance(answer, dict):
        if isinstance(answer.get("object"), str) and answer["object"] != "list":
            yield answer
        for value in answer.values():
            yield from objects_in(value)


def strange(answer: Any) -> set[str]:
    """The differences of all objects in an answer that have no reason."""
    found = {d for thing in objects_in(answer) for d in differences(thing["object"], thing)}
    return found - set(ALLOWED)
