"""Stripe's lists: newest first, 10 at a time, with cursors and filters."""

from typing import Any

from fakestripe import Json
from fakestripe.bank import Bank
from fakestripe.errors import invalid, no_such

DEFAULT_LIMIT = 10
LARGEST_LIMIT = 100

# How a filter's value is compared; everything else is looked up in the object itself.
COLUMNS = {"customer": "customer", "payment_intent": "payment_intent"}
RANGES = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
CONTROLS = frozenset({"limit", "starting_after", "ending_before", "expand"})

Condition = tuple[str, list[Any]]


def listing(bank: Bank, kind: str, url: str, params: Json, *extra: Condition) -> Json:
    """One page of the objects of a kind. Filters that are not of the common sort (equal to a
    field, `created` ranges) are taken out of `params` by the caller and given as `extra`."""
    conditions = [("type = ?", [kind]), *extra, *filters(params)]
    limit = page_size(params)
    backwards = "ending_before" in params
    conditions += cursor(bank, kind, params)
    where = " AND ".join(condition for condition, _ in conditions)
    values = [value for _, given in conditions for value in given]
    found = bank.store.select(where, values, limit + 1, oldest_first=backwards)
    page = found[:limit]
    if backwards:
        page.reverse()
    return as_list(url, page, has_more=len(found) > limit)


def as_list(url: str, data: list[Json], has_more: bool = False) -> Json:
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


def page_of(items: list[Json], url: str, params: Json) -> Json:
    """A page of things that are already in memory, in their given order (line items)."""
    limit = page_size(params)
    ids = [item["id"] for item in items]
    start = ids.index(params["starting_after"]) + 1 if params.get("starting_after") in ids else 0
    return as_list(url, items[start : start + limit], has_more=len(items) > start + limit)


def page_size(params: Json) -> int:
    limit: int = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= LARGEST_LIMIT:
        bound = (
            "greater than or equal to 1" if limit < 1 else f"less than or equal to {LARGEST_LIMIT}"
        )
        raise invalid(f"This value must be {bound}.", "limit", "parameter_invalid_integer")
    return limit


def cursor(bank: Bank, kind: str, params: Json) -> list[Condition]:
    if "starting_after" in params and "ending_before" in params:
        raise invalid(
            "You may only specify one of these parameters: starting_after, ending_before."
        )
    for name, comparison in (("starting_after", "<"), ("ending_before", ">")):
        if name in params:
            place = bank.store.sequence(params[name])
            if place is None:
                raise no_such(kind, params[name], name)
            return [(f"seq {comparison} ?", [place])]
    return []


def filters(params: Json) -> list[Condition]:
    conditions: list[Condition] = []
    for name, value in params.items():
        if name in CONTROLS:
            continue
        if name == "created":
            conditions += created(value)
        elif name in COLUMNS:
            conditions.append((f"{COLUMNS[name]} = ?", [value]))
        else:
            conditions.append((f"json_extract(body, '$.{name}') = ?", [value]))
    return conditions


def created(value: int | Json) -> list[Condition]:
    if isinstance(value, int):
        return [("created = ?", [value])]
    return [(f"created {RANGES[name]} ?", [limit]) for name, limit in value.items()]
