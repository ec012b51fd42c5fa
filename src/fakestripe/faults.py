"""Fault switches: what can be made to go wrong, as a table, each limited by count and pattern.

A switch is thrown with `POST /_fake/faults`. Requests match on `METHOD /path` (`POST
/v1/checkout/sessions`, `* /v1/refunds*`), webhooks and events on the event's type
(`checkout.session.*`), payments on the id of their session (or of their intent, if there is
none), refunds on the id of their charge; patterns are shell-style. The oldest switch that
matches is used first and loses one count.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType

from fakestripe.errors import invalid


@dataclass(frozen=True)
class Kind:
    """`scope` is what it strikes, in the singular. `options` carry their defaults, and their
    types: what is a number by default must be one."""

    scope: str
    help: str
    options: Mapping[str, int | str] = field(default_factory=lambda: MappingProxyType({}))


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "delay": Kind(
            "request",
            "wait `ms` before the request is carried out (its idempotency key is in progress)",
            {"ms": 1000},
        ),
        "drop": Kind(
            "request", "carry the request out, then close the connection without an answer"
        ),
        "error": Kind(
            "request",
            "answer 500 `when` (`before` or `after`) the effect took place; like any answer it "
            "is kept under the idempotency key",
            {"when": "before"},
        ),
        "limit": Kind(
            "request",
            "answer 429; nothing is done, and nothing is kept under the idempotency key",
        ),
        "reset": Kind(
            "request",
            "reset the connection (RST) instead of an answer, `when` (`before` or `after`) the "
            "effect took place",
            {"when": "after"},
        ),
        "early": Kind(
            "request",
            "let the webhooks of the payment reach the shop before the buyer is redirected "
            "(on `POST /c/pay/*`)",
        ),
        "lost": Kind(
            "webhook",
            "never send it, yet count it as delivered: as when an old host answers 204",
        ),
        "undelivered": Kind(
            "webhook", "never send it and give it up: `delivery_success` stays false"
        ),
        "twice": Kind("webhook", "send it two times at once"),
        "late": Kind("webhook", "send it `ms` later than usual", {"ms": 1000}),
        "reordered": Kind(
            "webhook",
            "hold it back until a later one has been delivered, at most `ms`; several in a row "
            "arrive in the opposite order",
            {"ms": 1000},
        ),
        "skew": Kind(
            "webhook",
            "sign it with a time `seconds` from the machine's (negative: in the past)",
            {"seconds": -600},
        ),
        "never": Kind("event", "never generate it: no webhook, and it is in no list of events"),
        "brink": Kind(
            "payment",
            "the buyer pays at the instant the session would expire, by itself or by the shop",
        ),
        "dispute": Kind(
            "payment",
            "open a dispute for the charge as soon as it is paid; `reason` is Stripe's, or "
            "`inquiry`",
            {"reason": "fraudulent"},
        ),
        "refund_fails": Kind(
            "refund",
            "it succeeds at first; `ms` later it fails and the money is the shop's again",
            {"ms": 1000},
        ),
    }
)


@dataclass
class Fault:
    """One thrown switch. `count` is how many times it will still strike."""

    id: int
    kind: str
    match: str
    count: int
    options: dict[str, int | str]

    def number(self, option: str) -> int:
        return int(self.options[option])


class Faults:
    """The switches thrown at present; they live in memory and end with the process."""

    def __init__(self) -> None:
        self.thrown: list[Fault] = []
        self._ids = itertools.count(1)

    def throw(self, kind: str, match: str = "*", count: int = 1, **options: int | str) -> Fault:
        """Raises a 400 for a kind or an option that is not in the table."""
        if kind not in KINDS:
            raise invalid(f"No such fault: {kind}. There are {', '.join(KINDS)}.", "kind")
        unknown = set(options) - set(KINDS[kind].options)
        if unknown:
            raise invalid(f"Fault {kind} has no option {', '.join(sorted(unknown))}", min(unknown))
        if count < 1:
            raise invalid("A fault strikes at least once: count must be 1 or more.", "count")
        fault = Fault(next(self._ids), kind, match, count, {**KINDS[kind].options, **options})
        self.thrown.append(fault)
        return fault

    def take(self, kinds: tuple[str, ...], label: str) -> list[Fault]:
        """The switches that strike now: at most one of each kind, each losing one count."""
        if not self.thrown:
            return []
        struck: dict[str, Fault] = {}
        for fault in self.thrown:
            if fault.kind in kinds and fault.kind not in struck and fnmatchcase(label, fault.match):
                struck[fault.kind] = fault
        for fault in struck.values():
            fault.count -= 1
        self.thrown = [fault for fault in self.thrown if fault.count > 0]
        return list(struck.values())

    def take_scope(self, scope: str, label: str) -> list[Fault]:
        if not self.thrown:
            return []
        return self.take(tuple(k for k, kind in KINDS.items() if kind.scope == scope), label)

    def clear(self) -> None:
        self.thrown.clear()
