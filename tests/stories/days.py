"""Random days of a shop: people order, pay, come back or not; Stripe's messages arrive in any order,
twice or never; staff refund, the worker dies in the middle of a line, an older backup is restored.

The shop is in this process (its real code, its real files), the bank is fakestripe in its own. A day is
a number: the same number is the same day again, apart from ids and the clock.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pysqlite3
from django.db import connections
from django.test import Client

import bodega
from bodega.cart import changing
from bodega.cart.changing import CartRefused
from bodega.catalog.models import Stock, Variant
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.outbox.testing import drain
from bodega.payments import inbox, lapsing, opening, refunding, sending, stripe
from bodega.payments.models import LedgerEntry, Reconciliation
from bodega.payments.portions import NotRefundable, Wish
from bodega.payments.reconciling.differences import open_ones
from bodega.payments.reconciling.running import reconcile
from fakestripe.testing import Handle, serve
from tests.till import Buyer

ROOMS = tuple(
    f"{Path(bodega.__file__).parent}/{room}/"
    for room in ("checkout", "payments", "orders", "catalog", "outbox", "jobs")
)
LATEST_CRASH = 1_500  # lines into a step
FILES = ("default", "queue")


class Crash(BaseException):
    """The process dies here. Nobody catches it but the day."""


@dataclass
class Bank:
    """fakestripe, as its other users see it: customers, and Stripe's dashboard."""

    handle: Handle
    wire: httpx.Client

    def get(self, path: str) -> list[dict[str, Any]]:
        """A list of the API, the newest first."""
        answer = self.wire.get(path, params={"limit": 100})
        answer.raise_for_status()
        listed: list[dict[str, Any]] = answer.json()["data"]
        return listed

    def refund(self, charge: dict[str, Any], amount: int) -> None:
        """Somebody refunds in the dashboard; it may be too much."""
        self.wire.post("/v1/refunds", data={"charge": charge["id"], "amount": amount})

    def charged(self) -> Counter[str]:
        """Minor units charged, by the order's public id."""
        sums: Counter[str] = Counter()
        for entry in self.handle.ledger():
            sums[entry["metadata"]["order"]] += entry["amount"]
        return sums

    def refunded(self) -> Counter[str]:
        """Minor units given back, by payment intent."""
        sums: Counter[str] = Counter()
        for refund in self.get("/v1/refunds"):
            if refund["status"] != "failed":
                sums[refund["payment_intent"]] += refund["amount"]
        return sums


@contextmanager
def open_bank() -> Iterator[Bank]:
    """fakestripe, without a webhook: the days decide what arrives."""
    key = {"Authorization": f"Bearer {stripe.FAKE_KEY}"}
    with serve() as handle, httpx.Client(base_url=handle.base_url, headers=key) as wire:
        yield Bank(handle, wire)


@dataclass
class Day:
    """One day. `story` is what happened, for whoever reads the failure."""

    bank: Bank
    variant: Variant
    luck: random.Random
    story: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    backup: "dict[str, pysqlite3.Connection]" = field(default_factory=dict)

    def live(self, steps: int) -> None:
        """So many steps, an order first, each of which may be the process's last."""
        for step in [Day.order, Day.pay, *self.luck.choices(STEPS, WEIGHTS, k=steps - 2)]:
            line = self.luck.randrange(LATEST_CRASH) if self.luck.random() < 0.2 else None
            self.story.append(step.__name__)
            with crashing(line) as crashes:
                step(self)
            for crash in crashes:
                self.story.append(f"crash at {crash}")
                die()
            self.check_shelf()

    # What happens.

    def order(self) -> None:
        try:
            cart = changing.add("", self.variant.pk, self.luck.choice([1, 1, 2]), utc_now())
        except CartRefused:
            return
        client = Client()
        client.cookies["cart"] = cart.token
        try:
            response = Buyer(client, cart).order()
        except (AssertionError, TypeError, AttributeError):  # checkout is closed or stock is gone
            return
        if response.status_code == 303 and "/cs_test_" in response["Location"]:
            self.sessions.append("cs_test_" + response["Location"].rsplit("/cs_test_", 1)[1])

    def pay(self) -> None:
        if self.sessions:
            session = self.luck.choice(self.sessions)
            try:
                self.bank.handle.pay(session)
            except ValueError:  # paid or expired already
                self.story[-1] += " (in vain)"

    def come_back(self) -> None:
        if self.sessions:
            Client().get(f"/payments/return/?session_id={self.luck.choice(self.sessions)}")

    def be_told(self) -> None:
        """A webhook arrives: any of them, so also late, twice, out of order; most never do."""
        events = self.bank.get("/v1/events")
        if events:
            event = self.luck.choice(events)
            self.story[-1] += f" {event['type']}"
            inbox.receive(json.dumps(event).encode(), now=utc_now())

    def work(self) -> None:
        drain(raising=False)

    def sweep(self) -> None:
        reconcile(Reconciliation.Kind.SWEEP)

    def give_up(self) -> None:
        """An order's time is over, so far as the shop knows."""
        waiting = Order.objects.filter(status=Order.Status.AWAITING_PAYMENT).order_by("?").first()
        if waiting:
            lapsing.lapse(waiting, "Not paid in time", now=utc_now())

    def refund(self) -> None:
        paid = Order.objects.filter(paid_at__isnull=False).order_by("pk")
        if paid:
            order = self.luck.choice(list(paid))
            wish = Wish(adjustment=self.luck.choice([100, 1000, order.total]))
            key = f"{self.luck.random()}"
            try:
                refunding.refund(order, wish, key=key, actor="ada", now=utc_now())
            except NotRefundable:
                self.story[-1] += " (refused)"

    def refund_elsewhere(self) -> None:
        """In Stripe's dashboard."""
        charges = self.bank.get("/v1/charges")
        if charges:
            self.bank.refund(self.luck.choice(charges), 250)

    def save(self) -> None:
        """A backup is made."""
        self.backup = snapshot()

    def restore(self) -> None:
        """The backup is restored; what it does not know, Stripe does."""
        if self.backup:
            put_back(self.backup)
            demand_sweep()

    # How it ends.

    def converge(self) -> None:
        """What happens by itself: one night, and another one if that left anything."""
        for _ in range(2):
            if not self.differences() and not open_ones() and self.story[-1] == "night":
                return
            self.story.append("night")
            reconcile(Reconciliation.Kind.NIGHTLY, since=utc_now() - timedelta(days=1))
            sending.repeat_waiting(now=utc_now() + timedelta(hours=1))
            drain(raising=True)

    def check_shelf(self) -> None:
        stock = Stock.objects.get(variant=self.variant)
        assert stock.on_hand >= 0, self.told("the shelf is below zero")
        assert stock.reserved >= 0, self.told("less than nothing is reserved")

    def differences(self) -> list[str]:
        """Sentences about what shop and bank do not agree on; empty when all is well."""
        charged = self.bank.charged()
        paid = Counter(
            dict(Order.objects.filter(paid_at__isnull=False).values_list("public_id", "total"))
        )
        booked: Counter[str] = Counter()
        returned: Counter[str] = Counter()
        for entry in LedgerEntry.objects.select_related("order"):
            if entry.kind == LedgerEntry.Kind.CHARGE:
                booked[entry.order.public_id] += entry.amount
            else:
                returned[entry.payment_intent] -= entry.amount
        told = []
        if paid != charged:
            told.append(f"paid orders {paid} are not the charges {charged}")
        if booked != charged:
            told.append(f"the ledger {booked} is not the charges {charged}")
        if +returned != self.bank.refunded():
            told.append(f"refunds {returned} are not the bank's {self.bank.refunded()}")
        return told

    def told(self, what: str) -> str:
        return f"{what}\n  " + "\n  ".join(self.story)


STEPS: list[Callable[[Day], None]] = [
    Day.order,
    Day.pay,
    Day.come_back,
    Day.be_told,
    Day.work,
    Day.sweep,
    Day.give_up,
    Day.refund,
    Day.refund_elsewhere,
    Day.save,
    Day.restore,
]
WEIGHTS = [4, 6, 3, 4, 3, 1, 1, 2, 1, 1, 1]


@contextmanager
def crashing(line: int | None) -> Iterator[list[str]]:
    """Let the process die so many lines into the shop's own code; None: let it live. Where it died, also
    when the code took it for an error, as who runs jobs does."""
    left, crashes = [line], list[str]()

    def trace(frame: FrameType, _event: str, _argument: object) -> Any:
        return count if frame.f_code.co_filename.startswith(ROOMS) else None

    def count(frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line" and left[0] is not None:
            left[0] -= 1
            if left[0] < 0:
                left[0] = None
                name = frame.f_code.co_filename.rpartition("/bodega/")[2]
                crashes.append(f"{name}:{frame.f_lineno}")
                raise Crash(crashes[0])
        return count

    before = sys.gettrace()
    if line is not None:
        sys.settrace(trace)
    try:
        with suppress(Crash):
            yield crashes
    finally:
        sys.settrace(before)


def die() -> None:
    """What a dead process had in memory is gone. Its transaction too: a crash on the very line on which
    a `with` block is left runs none of what ends the block."""
    opening.forget()
    for alias in FILES:
        if connections[alias].in_atomic_block:
            connections[alias].close()
            connections[alias].connect()


def snapshot() -> "dict[str, pysqlite3.Connection]":
    """Both files as they are, in memory."""
    kept = {}
    for alias in FILES:
        connections[alias].ensure_connection()
        kept[alias] = pysqlite3.connect(":memory:")
        connections[alias].connection.backup(kept[alias])
    return kept


def put_back(kept: "dict[str, pysqlite3.Connection]") -> None:
    """Make both files what they were."""
    for alias, copy in kept.items():
        connections[alias].ensure_connection()
        copy.backup(connections[alias].connection)


def demand_sweep() -> None:
    """As `ops.backup.restoring` does: checkout stays closed until somebody has swept."""
    now = utc_now()
    Reconciliation.objects.create(
        kind=Reconciliation.Kind.OPENING, since=now - timedelta(days=1), started_at=now
    )
    opening.forget()
    reconcile(Reconciliation.Kind.OPENING)
