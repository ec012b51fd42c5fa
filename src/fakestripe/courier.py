"""Delivers events to webhook endpoints, signed, with retries; and keeps the bank's appointments.

One task in the server's event loop. What is to be delivered are rows, so nothing is forgotten
over a restart, and everything obeys the bank's clock.
"""

import asyncio
import hashlib
import hmac
import json
from contextlib import suppress
from dataclasses import dataclass

from fakestripe import API_VERSION, Json, agenda
from fakestripe.bank import Bank
from fakestripe.confirming import bounce_debit, clear_debit
from fakestripe.expiring import expire_when_due
from fakestripe.faults import Fault
from fakestripe.posting import BadAnswer, post
from fakestripe.resources import disputes, refunds
from fakestripe.resources.events import with_pending

TIMEOUT = 10.0
AT_ONCE = 16
LONGEST_SLEEP = 30.0
# How much longer one that waits for a later one is held back, should that never arrive.
A_MINUTE = 60.0

ACTIONS: dict[str, agenda.Action] = {
    "expire": expire_when_due,
    "clear_debit": clear_debit,
    "bounce_debit": bounce_debit,
    "settle_refund": refunds.settle_when_due,
    "fail_refund": refunds.fail_when_due,
    "lapse_dispute": disputes.lapse_when_due,
}


@dataclass(frozen=True)
class Delivery:
    """One row to be sent: `attempts` counts the earlier ones."""

    id: int
    event: str
    endpoint: str
    attempts: int
    faulted: int


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 of `t.body` (docs.stripe.com/webhooks)."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={mac.hexdigest()}"


async def all_tried(bank: Bank) -> None:
    """Returns once every webhook that is due has been tried, or after the time one may take."""
    due = "SELECT 1 FROM deliveries WHERE state = 'pending' AND due <= ? LIMIT 1"
    with suppress(TimeoutError):
        async with asyncio.timeout(TIMEOUT):
            while (
                bank.messengers
                or bank.store.connection.execute(due, (bank.clock.now(),)).fetchone()
            ):
                await asyncio.sleep(0.005)


class Courier:
    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.bell = asyncio.Event()
        # When it will look again by itself, in the bank's time.
        self.asleep_until = 0.0
        bank.wake = self.ring

    def ring(self, due: float) -> None:
        """Something is due then: nobody needs to be woken for what is due after the next look."""
        if due < self.asleep_until:
            self.bell.set()

    async def run(self) -> None:
        """Until cancelled: does what is due, then sleeps until something is or the bell rings."""
        try:
            while True:
                self.bell.clear()
                agenda.run_due(self.bank, ACTIONS)
                await self.sleep_until(self.set_out(), agenda.next_due(self.bank))
        finally:
            for task in self.bank.messengers.values():
                task.cancel()

    async def sleep_until(self, *dues: float | None) -> None:
        """Until the first of these times, or until the bell rings."""
        now = self.bank.clock.now()
        self.asleep_until = min([now + LONGEST_SLEEP, *(due for due in dues if due is not None)])
        loop = asyncio.get_running_loop()
        alarm = loop.call_later(max(0.0, self.asleep_until - now), self.bell.set)
        await self.bell.wait()
        alarm.cancel()

    def set_out(self) -> float | None:
        """Starts what is due, oldest first, up to `AT_ONCE` messengers at a time. When the next
        one is due, if there is one: a full house waits for a messenger to return."""
        now, messengers = self.bank.clock.now(), self.bank.messengers
        rows = self.bank.store.connection.execute(
            "SELECT due, id, event, endpoint, attempts, faulted FROM deliveries "
            "WHERE state = 'pending' ORDER BY due, id LIMIT ?",
            (2 * AT_ONCE,),
        ).fetchall()
        for due, *row in rows:
            delivery = Delivery(*row)
            if delivery.id in messengers:
                continue
            if len(messengers) >= AT_ONCE:
                return None
            if due > now:
                return float(due)
            messengers[delivery.id] = asyncio.create_task(self.deliver(delivery))
        return None

    async def deliver(self, delivery: Delivery) -> None:
        # One that breaks the courier comes up again later, not at once and for ever.
        self.hold_back(delivery.id, 2 * TIMEOUT)
        waiting = self.bank.held.get(delivery.endpoint, [])
        if delivery.id in waiting:
            waiting.remove(delivery.id)
        try:
            event = self.bank.store.get(delivery.event, "event")
            endpoint = self.bank.store.get(delivery.endpoint, "webhook_endpoint")
            if event is None or endpoint is None or endpoint["status"] != "enabled":
                self.note(delivery.id, "failed", "the endpoint is gone or disabled")
            else:
                await self.attempt(delivery, event, endpoint)
        finally:
            self.bank.messengers.pop(delivery.id, None)
            self.bell.set()

    async def attempt(self, delivery: Delivery, event: Json, endpoint: Json) -> None:
        strikes: list[Fault] = []
        if not delivery.faulted:
            strikes = self.bank.faults.take_scope("webhook", event["type"])
        kinds = {fault.kind: fault for fault in strikes}
        if "late" in kinds:
            self.hold_back(delivery.id, kinds["late"].number("ms") / 1000)
        elif "lost" in kinds:
            self.note(delivery.id, "succeeded", "lost by a fault")
        elif "undelivered" in kinds:
            self.note(delivery.id, "failed", "not sent, by a fault")
        elif "reordered" in kinds:
            self.hold_for_a_later_one(delivery, kinds["reordered"].number("ms") / 1000)
        else:
            skew = kinds["skew"].number("seconds") if "skew" in kinds else 0
            sent = self.send(event, endpoint, skew)
            if "twice" in kinds:
                results = [*await asyncio.gather(sent, self.send(event, endpoint, skew))]
            else:
                results = [await sent]
            self.record(delivery, results)

    async def send(self, event: Json, endpoint: Json, skew: int = 0) -> str:
        """`204` and the like, or what went wrong."""
        shown = with_pending(self.bank, event)
        shown["api_version"] = endpoint["api_version"] or API_VERSION
        body = json.dumps(shown).encode()
        secret = self.bank.store.hidden(endpoint["id"])["secret"]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks) fakestripe",
            "Stripe-Signature": signature(secret, self.bank.clock.real() + skew, body),
        }
        try:
            return str(await post(endpoint["url"], headers, body, TIMEOUT))
        except (OSError, TimeoutError, ValueError, BadAnswer) as problem:
            # ValueError: a host name or an answer's line that Python will not take.
            return f"{type(problem).__name__}: {problem}"

    def record(self, delivery: Delivery, results: list[str]) -> None:
        """Any 2xx is a delivery; otherwise the next attempt is put off, or there is none."""
        accepted = [result for result in results if result.startswith("2") and len(result) == 3]
        if accepted:
            self.note(delivery.id, "succeeded", accepted[0])
            self.release_one_before(delivery)
        elif delivery.attempts >= len(self.bank.settings.retries):
            self.note(delivery.id, "failed", results[0])
        else:
            self.note(delivery.id, "pending", results[0])
            self.hold_back(delivery.id, self.bank.settings.retries[delivery.attempts])

    def note(self, delivery_id: int, state: str, last: str) -> None:
        self.bank.store.connection.execute(
            "UPDATE deliveries SET state = ?, last = ?, attempts = attempts + 1 WHERE id = ?",
            (state, last, delivery_id),
        )

    def hold_for_a_later_one(self, delivery: Delivery, seconds: float) -> None:
        """The newest that is held goes after `seconds`; each of the others after the one that
        came next."""
        waiting = self.bank.held.setdefault(delivery.endpoint, [])
        waiting.append(delivery.id)
        waiting.sort()
        for earlier in waiting[:-1]:
            self.hold_back(earlier, seconds + A_MINUTE)
        self.hold_back(waiting[-1], seconds)

    def release_one_before(self, delivery: Delivery) -> None:
        """A delivery has arrived: the newest of those held that is older than it may go."""
        waiting = self.bank.held.get(delivery.endpoint, [])
        older = [number for number in waiting if number < delivery.id]
        if older:
            self.hold_back(older[-1], 0)

    def hold_back(self, delivery_id: int, seconds: float) -> None:
        """Puts a delivery off; faults have had their turn with it."""
        self.bank.store.connection.execute(
            "UPDATE deliveries SET due = ?, faulted = 1 WHERE id = ?",
            (self.bank.clock.now() + seconds, delivery_id),
        )
