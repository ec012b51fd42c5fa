"""The control API under /_fake: what no real bank has. Parameters come as a form or as JSON."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakestripe import Json, agenda
from fakestripe.bank import Bank
from fakestripe.cards import digits
from fakestripe.confirming import Outcome
from fakestripe.courier import ACTIONS, TIMEOUT
from fakestripe.errors import ApiError, invalid
from fakestripe.faults import KINDS, Fault
from fakestripe.forms import decode
from fakestripe.paying import Purse, answer_challenge, pay
from fakestripe.resources import disputes
from fakestripe.resources.webhook_endpoints import register

MOST_WAITING = 100

Deed = Callable[[Json], Awaitable[Json]]


class Control:
    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    def routes(self) -> list[Route]:
        return [
            Route("/_fake/pay/{session}", answering(self.pay), methods=["POST"]),
            Route("/_fake/state", answering(self.state), methods=["GET"]),
            Route("/_fake/faults", answering(self.list_faults), methods=["GET"]),
            Route("/_fake/faults", answering(self.throw), methods=["POST"]),
            Route("/_fake/faults", answering(self.clear_faults), methods=["DELETE"]),
            Route("/_fake/dispute/{charge}", answering(self.dispute), methods=["POST"]),
            Route("/_fake/clock", answering(self.advance), methods=["POST"]),
            Route("/_fake/reset", answering(self.reset), methods=["POST"]),
        ]

    async def state(self, _params: Json) -> Json:
        """Counts by type, deliveries by state, and the ledger: every successful charge."""
        rows = self.bank.store.connection
        counted = "SELECT type, count(*) FROM objects GROUP BY type"
        delivered = "SELECT state, count(*) FROM deliveries GROUP BY state"
        return {
            "now": self.bank.clock.now(),
            "objects": dict(rows.execute(counted).fetchall()),
            "deliveries": dict(rows.execute(delivered).fetchall()),
            "waiting": self.waiting(),
            "faults": [shown(fault) for fault in self.bank.faults.thrown],
            "ledger": self.ledger(),
        }

    def waiting(self) -> list[Json]:
        """The webhooks still to be delivered, next one first, and how the last try went."""
        rows = self.bank.store.connection.execute(
            "SELECT event, endpoint, due, attempts, last FROM deliveries "
            "WHERE state = 'pending' ORDER BY due, id LIMIT ?",
            (MOST_WAITING,),
        )
        names = ("event", "endpoint", "due", "attempts", "last")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def ledger(self) -> list[Json]:
        """Oldest first. Read as columns: a bench may have made tens of thousands."""
        rows = self.bank.store.connection.execute(
            "SELECT c.id, c.payment_intent, json_extract(i.hidden, '$.session'), c.created, "
            "json_extract(c.body, '$.amount'), json_extract(c.body, '$.amount_refunded'), "
            "json_extract(c.body, '$.currency'), json_extract(c.body, '$.metadata') "
            "FROM objects c LEFT JOIN objects i ON i.id = c.payment_intent "
            "WHERE c.type = 'charge' AND json_extract(c.body, '$.status') = 'succeeded' "
            "AND json_extract(c.body, '$.captured') "
            "ORDER BY c.seq"
        )
        names = (
            "charge", "payment_intent", "session", "created", "amount", "amount_refunded", "currency"
        )  # fmt: skip
        return [dict(zip(names, row, strict=False), metadata=json.loads(row[7])) for row in rows]

    async def list_faults(self, _params: Json) -> Json:
        kinds = {
            name: {"scope": kind.scope, "help": kind.help, "options": dict(kind.options)}
            for name, kind in KINDS.items()
        }
        return {"thrown": [shown(fault) for fault in self.bank.faults.thrown], "kinds": kinds}

    async def throw(self, params: Json) -> Json:
        given = dict(params)
        kind, match = str(given.pop("kind", "")), str(given.pop("match", "*"))
        count = whole(given.pop("count", 1), "count")
        usual = KINDS[kind].options if kind in KINDS else {}
        options = {name: like(usual.get(name), value, name) for name, value in given.items()}
        return shown(self.bank.faults.throw(kind, match, count, **options))

    async def clear_faults(self, _params: Json) -> Json:
        self.bank.faults.clear()
        return await self.list_faults({})

    async def pay(self, params: Json) -> Json:
        """Pays as a buyer would, without the page. `card` or `account`; `three_d_secure` is
        `complete` (default) or `fail`, for the cards that ask."""
        session_id = params["session"]
        with self.bank.store.transaction():
            outcome = pay(self.bank, session_id, purse_from(params))
            if outcome.status == "challenge":
                passed = params.get("three_d_secure", "complete") == "complete"
                outcome = answer_challenge(self.bank, session_id, passed)
        return self.paid(session_id, outcome)

    def paid(self, session_id: str, outcome: Outcome) -> Json:
        session = self.bank.find("checkout.session", session_id)
        return {
            "outcome": outcome.status,
            "decline_code": outcome.decline.decline_code if outcome.decline else None,
            "message": outcome.decline.message if outcome.decline else None,
            "session": session_id,
            "status": session["status"],
            "payment_status": session["payment_status"],
            "payment_intent": session["payment_intent"],
            "redirect": session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id),
        }

    async def dispute(self, params: Json) -> Json:
        """What a buyer does at their own bank, some time after paying; `reason` is Stripe's, or
        `inquiry`."""
        reason = str(params.get("reason", "fraudulent"))
        with self.bank.store.transaction():
            return disputes.open_for(self.bank, params["charge"], reason)

    async def advance(self, params: Json) -> Json:
        """Moves the bank's time forward; what falls due meanwhile happens before the answer."""
        self.bank.clock.advance(whole(params.get("advance", 0), "advance"))
        done = agenda.run_due(self.bank, ACTIONS)
        # Whenever the courier wanted to look again: by its own clock that was before now.
        self.bank.wake(0)
        return {"now": self.bank.clock.now(), "happened": done}

    async def reset(self, _params: Json) -> Json:
        """Forgets everything but the endpoints given at start. Time does not go back.

        Waits for the webhooks that are being sent, so that none arrives after the answer.
        """
        with self.bank.store.transaction():
            self.bank.store.clear()
            for endpoint in self.bank.settings.endpoints:
                register(self.bank, endpoint)
        self.bank.faults.clear()
        self.bank.held.clear()
        if self.bank.messengers:
            await asyncio.wait(self.bank.messengers.values(), timeout=TIMEOUT)
        return await self.state({})


def answering(deed: Deed) -> Callable[[Request], Awaitable[Response]]:
    """The HTTP side of a deed: its parameters (and what the path names) in, its result or its
    refusal out as JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            params = await parameters_of(request) | request.path_params
            return JSONResponse(await deed(params))
        except ApiError as refusal:
            return JSONResponse(refusal.body(), refusal.status)

    return endpoint


async def parameters_of(request: Request) -> Json:
    body = (await request.body()).decode("utf-8", "replace")
    if "json" not in request.headers.get("content-type", "") or not body:
        return decode(body)
    try:
        given = json.loads(body)
    except ValueError as problem:
        raise invalid(f"The body is not JSON: {problem}") from None
    if not isinstance(given, dict):
        raise invalid("The body must be a JSON object.")
    return given


def whole(value: object, name: str) -> int:
    text = str(value)
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise invalid(f"{name} must be a whole number, 0 or more, not {text!r}.", name)
    return int(text)


def like(usual: int | str | None, value: object, name: str) -> int | str:
    """An option of a fault as what it is by default; a number of seconds may be negative."""
    if not isinstance(usual, int):
        return str(value)
    text = str(value)
    if name == "seconds" and text.startswith("-"):
        return -whole(text[1:], name)
    return whole(text, name)


def shown(fault: Fault) -> Json:
    return {"id": fault.id, "kind": fault.kind, "match": fault.match, "count": fault.count} | (
        fault.options
    )


def purse_from(params: Json) -> Purse:
    email = str(params.get("email", Purse.email))
    if "account" in params:
        return Purse(digits(str(params["account"])), "sepa_debit", email=email)
    return Purse(digits(str(params.get("card", "4242424242424242"))), email=email)
