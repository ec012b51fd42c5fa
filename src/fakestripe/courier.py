"""Delivers events to webhook endpoints, signed, with retries; and keeps the bank's appointments.

One task in the server's event loop. What is to be delivered are rows, so nothing is forgotten
over a restart, and everything obeys the bank's clock.
"""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass

from fakestripe import API_VERSION, Json, agenda
from fakestripe.bank import Bank
from fakestripe.faults import Fault
from fakestripe.paying import bounce_debit, clear_debit
from fakestripe.posting import BadAnswer, post
from fakestripe.resources.events import with_pending
from fakestripe.resources.sessions import expire_when_due

TIMEOUT = 10.0
AT_ONCE = 16
LONGEST_SLEEP = 30.0

ACTIONS: dict[str, agenda.Action] = {
    "expire": expire_when_due,
    "clear_debit": clear_debit,
    "bounce_debit": bounce_debit,
}


@dataclass(frozen=True)
class Delivery:
    """One row to be sent: `attempts` counts the earlier ones."""

    id: int
    event: str
    endpoint: str
    attempts: int
    faulted: bool


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 of `t.body` (docs.stripe.com/webhooks)."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={mac.hexdigest()}"


class Courier:
    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.bell = asyncio.Event()
        bank.wake = self.bell.set

    async def run(self) -> None:
        """Until cancelled: does what is due, then sleeps until something is or the bell rings."""
        try:
            while True:
                self.bell.clear()
                agenda.run_due(self.bank, ACTIONS)
                self.set_out()
                try:
                    await asyncio.wait_for(self.bell.wait(), self.pause())
                except TimeoutError:
                    continue
        finally:
            for task in self.bank.messengers.values():
                task.cancel()

    def pause(self) -> float:
        """Seconds until the next thing is due; a full house waits for a messenger to return."""
        dues = [due for due in (agenda.next_due(self.bank), self.next_delivery()) if due]
        if not dues:
            return LONGEST_SLEEP
        return min(max(0.0, min(dues) - self.bank.clock.now()), LONGEST_SLEEP)

    def next_delivery(self) -> float | None:
        if len(self.bank.messengers) >= AT_ONCE:
            return None
        rows = self.bank.store.connection.execute(
            "SELECT due, id FROM deliveries WHERE state = 'pending' ORDER BY due LIMIT ?",
            (AT_ONCE + 1,),
        )
        return next(
            (float(due) for due, number in rows if number not in self.bank.messengers), None
        )

    def set_out(self) -> None:
        """Starts what is due, oldest first, up to `AT_ONCE` messengers at a time."""
        rows = self.bank.store.connection.execute(
            "SELECT id, event, endpoint, attempts, faulted FROM deliveries "
            "WHERE state = 'pending' AND due <= ? ORDER BY due, id LIMIT ?",
            (self.bank.clock.now(), 2 * AT_ONCE),
        ).fetchall()
        for row in rows:
            if row[0] not in self.bank.messengers and len(self.bank.messengers) < AT_ONCE:
                delivery = Delivery(row[0], row[1], row[2], row[3], bool(row[4]))
                self.bank.messengers[delivery.id] = asyncio.create_task(self.deliver(delivery))

    async def deliver(self, delivery: Delivery) -> None:
        # One that breaks the courier comes up again later, not at once and for ever.
        self.hold_back(delivery, 2 * TIMEOUT)
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
            self.hold_back(delivery, kinds["late"].number("ms") / 1000)
        elif "lost" in kinds:
            self.note(delivery.id, "succeeded", "lost by a fault")
        elif "undelivered" in kinds:
            self.note(delivery.id, "failed", "not sent, by a fault")
        else:
            copies = 2 if "twice" in kinds else 1
            sent = [self.send(event, endpoint) for _ in range(copies)]
            self.record(delivery, await asyncio.gather(*sent))

    async def send(self, event: Json, endpoint: Json) -> str:
        """`204` and the like, or what went wrong."""
        shown = with_pending(self.bank, event)
        shown["api_version"] = endpoint["api_version"] or API_VERSION
        body = json.dumps(shown).encode()
        secret = self.bank.store.hidden(endpoint["id"])["secret"]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks) fakestripe",
            "Stripe-Signature": signature(secret, self.bank.clock.real(), body),
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
        elif delivery.attempts >= len(self.bank.settings.retries):
            self.note(delivery.id, "failed", results[0])
        else:
            self.note(delivery.id, "pending", results[0])
            self.hold_back(delivery, self.bank.settings.retries[delivery.attempts])

    def note(self, delivery_id: int, state: str, last: str) -> None:
        self.bank.store.connection.execute(
            "UPDATE deliveries SET state = ?, last = ?, attempts = attempts + 1 WHERE id = ?",
            (state, last, delivery_id),
        )

    def hold_back(self, delivery: Delivery, seconds: float) -> None:
        """Puts a delivery off; faults have had their turn with it."""
        self.bank.store.connection.execute(
            "UPDATE deliveries SET due = ?, faulted = 1 WHERE id = ?",
            (self.bank.clock.now() + seconds, delivery.id),
        )
