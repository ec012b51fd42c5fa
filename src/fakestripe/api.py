"""The API under /v1: which call is which, and the way every call goes.

Who asks (401), and how often (429) → has this key been answered (replay) → are the parameters
known (400) → the effect, its events and the kept answer in one transaction → the faults that were
switched on.
"""

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fakestripe import API_VERSION, Json, expiring, forms, idempotency, ids, parameters
from fakestripe.bank import Bank, Origin
from fakestripe.errors import ApiError, broken, invalid, too_many, unauthorized
from fakestripe.expanding import Adder, expand
from fakestripe.idempotency import Answer, Keys
from fakestripe.limiting import Limit
from fakestripe.resources import (
    balance_transactions,
    charges,
    coupons,
    customers,
    disputes,
    events,
    line_items,
    payment_intents,
    payment_methods,
    payment_pages,
    prices,
    products,
    promotion_codes,
    refunds,
    sessions,
    shipping_rates,
    tax_rates,
    webhook_endpoints,
)
from fakestripe.striking import Strike
from fakestripe.versions import respelt

Handler = Callable[..., Json]


@dataclass(frozen=True)
class Call:
    """One operation: `operation` names its parameter table."""

    method: str
    path: str
    operation: str
    handler: Handler


def resource(name: str, module: Any, verbs: str) -> list[Call]:
    """The usual calls of a resource: to retrieve one, and those of `verbs`."""
    path = f"/v1/{name.replace('.', '/')}"
    one = f"{path}/{{id}}"
    usual = {
        "create": ("POST", path, "create"),
        "list": ("GET", path, "list_"),
        "update": ("POST", one, "update"),
        "delete": ("DELETE", one, "delete"),
    }
    return [
        Call("GET", one, f"{name}.retrieve", getattr(module, "retrieve", finder(module.KIND))),
        *(
            Call(method, place, f"{name}.{verb}", getattr(module, function))
            for verb, (method, place, function) in usual.items()
            if verb in verbs.split()
        ),
    ]


def finder(kind: str) -> Handler:
    """How most things are retrieved: as they are stored."""

    def retrieve(bank: Bank, _params: Json, object_id: str) -> Json:
        return bank.find(kind, object_id)

    return retrieve


def action(name: str, verb: str, handler: Handler) -> Call:
    """A call that does something to one thing: `POST /v1/{name}/{id}/{verb}`."""
    path = f"/v1/{name.replace('.', '/')}/{{id}}/{verb}"
    return Call("POST", path, f"{name}.{verb}", handler)


SESSION = "/v1/checkout/sessions/{id}"
CALLS = (
    *resource("checkout.sessions", sessions, "create list update"),
    Call("GET", f"{SESSION}/line_items", "checkout.sessions.line_items", line_items.list_),
    action("checkout.sessions", "expire", expiring.expire),
    *resource("products", products, "create list update delete"),
    *resource("prices", prices, "create list update"),
    *resource("customers", customers, "create list update delete"),
    *resource("payment_intents", payment_intents, "create list update"),
    action("payment_intents", "confirm", payment_intents.confirm),
    action("payment_intents", "capture", payment_intents.capture),
    action("payment_intents", "cancel", payment_intents.cancel),
    *resource("payment_methods", payment_methods, "create list update"),
    action("payment_methods", "attach", payment_methods.attach),
    action("payment_methods", "detach", payment_methods.detach),
    *resource("payment_pages", payment_pages, ""),
    action("payment_pages", "confirm", payment_pages.confirm),
    *resource("charges", charges, "list update"),
    *resource("refunds", refunds, "create list update"),
    *resource("disputes", disputes, "list update"),
    action("disputes", "close", disputes.close),
    *resource("balance_transactions", balance_transactions, "list"),
    *resource("coupons", coupons, "create list update delete"),
    *resource("promotion_codes", promotion_codes, "create list update"),
    *resource("tax_rates", tax_rates, "create list update"),
    *resource("shipping_rates", shipping_rates, "create list update"),
    *resource("events", events, "list"),
    *resource("webhook_endpoints", webhook_endpoints, "create list update delete"),
)

# Lists that Stripe leaves out of an object unless they are expanded.
LEFT_OUT: dict[tuple[str, str], Adder] = {
    ("checkout.session", "line_items"): line_items.included,
    ("charge", "refunds"): charges.refunds_of,
}

VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


class Desk:
    """Answers API requests for one bank."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.keys = Keys()
        self.limit = Limit(bank.settings.rate_limit)

    async def answer(self, request: Request, call: Call) -> Response:
        request_id = ids.new("req", 14)
        try:
            check_caller(request)
            if not self.limit.admits(time.monotonic()):
                raise too_many()
            body = (await request.body()).decode("utf-8", "replace")
            query: bytes = request.scope["query_string"]
            encoded = body if request.method == "POST" else query.decode()
            answer = await self.carry_out(request, call, encoded, request_id)
        except ApiError as refusal:
            answer = refused(refusal, request_id)
        if isinstance(answer, Response):
            return answer
        return as_response(answer, request, request_id)

    async def carry_out(
        self, request: Request, call: Call, encoded: str, request_id: str
    ) -> Answer | Response:
        """The answer, or what a fault puts in its place."""
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        arguments = tuple(request.path_params.values())
        if key is None:
            return await self.perform(request, call, encoded, arguments, Origin(request_id))
        idempotency.check_key(key)
        with self.keys.hold(key):
            asked = f"{label(request)}\n{encoded}"
            kept = idempotency.replay(self.bank, key, asked)
            if kept is not None:
                return kept
            origin = Origin(request_id, key)
            return await self.perform(request, call, encoded, arguments, origin, asked)

    async def perform(
        self,
        request: Request,
        call: Call,
        encoded: str,
        arguments: tuple[str, ...],
        origin: Origin,
        asked: str = "",
    ) -> Answer | Response:
        version = request.headers.get("stripe-version")
        given = respelt(call.operation, forms.decode(encoded), version)
        params = parameters.check(call.operation, given)
        strike = Strike.on(self.bank, label(request))
        await strike.pause()
        strike.refuse()
        if (nothing := strike.cut("before")) is not None:
            return nothing
        with self.bank.store.transaction():
            answer = effect(self.bank, call, params, arguments, origin, strike)
            if origin.idempotency_key is not None:
                idempotency.keep(self.bank, origin.idempotency_key, asked, answer)
        return strike.cut("after") or answer


def label(request: Request) -> str:
    return f"{request.method} {request.scope['path']}"


def effect(
    bank: Bank,
    call: Call,
    params: Json,
    arguments: tuple[str, ...],
    origin: Origin,
    strike: Strike,
) -> Answer:
    """Carries a call out, inside the caller's transaction; a refusal undoes what it began."""
    assert origin.request_id is not None
    bank.origin = origin
    bank.store.connection.execute("SAVEPOINT effect")
    try:
        strike.fail("before")
        result = call.handler(bank, params, *arguments)
        result = expand(bank, result, params.get("expand", []), LEFT_OUT)
        answer = Answer(200, json.dumps(result), origin.request_id)
    except ApiError as refusal:
        if not refusal.stands:
            bank.store.connection.execute("ROLLBACK TO effect")
        answer = refused(refusal, origin.request_id)
    finally:
        bank.store.connection.execute("RELEASE effect")
        bank.origin = Origin()
    return refused(broken(), origin.request_id) if strike.fails("after") else answer


def refused(refusal: ApiError, request_id: str) -> Answer:
    return Answer(refusal.status, json.dumps(refusal.body()), request_id)


def as_response(answer: Answer, request: Request, request_id: str) -> Response:
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
    if key := request.headers.get("idempotency-key"):
        headers["Idempotency-Key"] = key
        headers["Original-Request"] = answer.request_id
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    if answer.status == 429:
        headers["Stripe-Rate-Limited-Reason"] = "global-rate"
    if answer.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="fakestripe"'
    return Response(answer.body, answer.status, headers, media_type="application/json")


def check_caller(request: Request) -> None:
    """A test key is asked for, as bearer or as the user name of basic authentication."""
    key = api_key(request.headers.get("authorization", ""))
    if not key:
        raise unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    if not key.startswith(("sk_test_", "rk_test_")):
        masked = f"{key[:8]}{'*' * 8}"
        raise unauthorized(
            f"Invalid API Key provided: {masked}. fakestripe takes any key that begins with "
            "sk_test_ and never a live one."
        )
    version = request.headers.get("stripe-version", API_VERSION)
    if VERSION.fullmatch(version) is None:
        raise invalid(f"Invalid Stripe API version: {version}")


def api_key(header: str) -> str:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except ValueError:
            return ""
    return ""


def unknown_path(request: Request) -> Response:
    """404 for an address that is no call, in Stripe's words."""
    error = invalid(
        f"Unrecognized request URL ({request.method}: {request.url.path}). Please see "
        "https://stripe.com/docs, and fakestripe's README for the calls it plays."
    )
    error.status = 404
    request_id = ids.new("req", 14)
    return as_response(refused(error, request_id), request, request_id)
