"""Older spellings: what a caller of an earlier API version may still write.

A request that names no version is answered by the version of the account, which with Stripe's
own command line is often an old one. Its parameters are spelt anew before they are checked; a
request that names the version fakestripe speaks is taken at its word.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fakestripe import API_VERSION, Json

Spelling = Callable[[Any], Json]


def allowed_types(value: Any) -> Json:
    return {"allowed_payment_method_types": value}


def promotion(value: Any) -> Json:
    return {"promotion": {"type": "coupon", "coupon": value}}


OLDER: Mapping[str, Mapping[str, Spelling]] = MappingProxyType(
    {
        "checkout.sessions.create": {"payment_method_types": allowed_types},
        "payment_intents.create": {"payment_method_types": allowed_types},
        "payment_intents.update": {"payment_method_types": allowed_types},
        "promotion_codes.create": {"coupon": promotion},
    }
)


def respelt(operation: str, params: Json, version: str | None) -> Json:
    """The decoded parameters in today's spelling."""
    known = OLDER.get(operation, {})
    if version == API_VERSION or not known.keys() & params.keys():
        return params
    today = {name: value for name, value in params.items() if name not in known}
    for name in known.keys() & params.keys():
        today |= known[name](params[name])
    return today
