"""Stripe's lists, a page in memory at a time, with the patience of somebody nobody waits for."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from bodega.payments import stripe

Json = dict[str, Any]
Wait = Callable[[float], None]
T = TypeVar("T")

LARGEST = 100  # things on a page (https://docs.stripe.com/api/pagination)
PAUSES = (1.0, 5.0)  # seconds; the SDK repeats once by itself, but not after 429


def pages(path: str, params: Mapping[str, Any], *, wait: Wait = time.sleep) -> Iterator[list[Json]]:
    """The list at `path`, newest first, page by page. Raises StripeRefused, StripeUnreachable."""
    asked: Json = {**params, "limit": LARGEST}
    while True:
        page = patiently(lambda: stripe.client().get(path, asked), wait=wait)
        yield page["data"]
        if not page["has_more"] or not page["data"]:
            return
        asked["starting_after"] = page["data"][-1]["id"]


def patiently(call: Callable[[], T], *, wait: Wait = time.sleep) -> T:
    """Repeat a call that only reads while Stripe does not answer, or says "too many"."""
    for pause in PAUSES:
        try:
            return call()
        except stripe.StripeUnreachable:
            wait(pause)
    return call()


def since(moment: datetime) -> Json:
    """The filter "made at this time or later"."""
    return {"created": {"gte": int(moment.timestamp())}}
