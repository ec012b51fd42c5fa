"""The hosted payment page: what the buyer sees at a session's `url`. Works without JavaScript."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fakestripe import Json, cards, html
from fakestripe.bank import Bank
from fakestripe.confirming import Outcome
from fakestripe.courier import all_tried
from fakestripe.errors import ApiError
from fakestripe.paying import Purse, answer_challenge, challenged_intent, pay
from fakestripe.striking import Strike

Fields = dict[str, str]

# Which field a refusal is shown beside.
BESIDE = {"expired_card": "expiry", "incorrect_cvc": "cvc", "debit_not_authorized": "account"}


class PaymentPage:
    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    async def show(self, request: Request) -> Response:
        session = self.session(request)
        if session is None:
            return HTMLResponse(html.unknown_page(), 404)
        if session["status"] == "complete":
            return HTMLResponse(html.paid_page(self.bank, success_url(session)))
        if session["status"] == "expired":
            return HTMLResponse(html.expired_page(self.bank, session), 410)
        kind = request.query_params.get("with", "card")
        return HTMLResponse(self.form(session, {"kind": kind}, {}))

    async def submit(self, request: Request) -> Response:
        """A second click, or a second tab, finds the session complete and goes on like the first:
        from the last wait on, one request is done with before the next is looked at."""
        typed = await fields_of(request)
        strike = Strike.on(self.bank, f"POST {request.url.path}")
        await strike.pause()
        session = self.session(request)
        if session is None or session["status"] == "expired":
            return await self.show(request)
        if session["status"] == "complete":
            return RedirectResponse(success_url(session), 303)
        if (nothing := strike.cut("before")) is not None:
            return nothing
        purse, faults = self.purse(session, typed)
        if faults:
            return HTMLResponse(self.form(session, typed, faults), 422)
        return await self.go_on(
            session["id"], typed, strike, lambda: pay(self.bank, session["id"], purse)
        )

    async def challenge(self, request: Request) -> Response:
        session = self.session(request)
        if session is None or challenged_intent(self.bank, session) is None:
            return await self.show(request)
        return HTMLResponse(html.challenge_page(self.bank, session))

    async def answer(self, request: Request) -> Response:
        passed = (await fields_of(request)).get("answer") == "complete"
        strike = Strike.on(self.bank, f"POST {request.url.path}")
        await strike.pause()
        session = self.session(request)
        if session is None or challenged_intent(self.bank, session) is None:
            return await self.submit(request)
        if (nothing := strike.cut("before")) is not None:
            return nothing
        return await self.go_on(
            session["id"],
            {"kind": "card"},
            strike,
            lambda: answer_challenge(self.bank, session["id"], passed),
        )

    async def go_on(
        self, session_id: str, typed: Fields, strike: Strike, deed: Callable[[], Outcome]
    ) -> Response:
        """Does it, and answers with where the buyer goes next, or with what a fault puts there."""
        try:
            outcome = self.carry_out(deed, strike)
        except ApiError as refusal:
            return HTMLResponse(html.problem_page(self.bank, str(refusal)), refusal.status)
        if strike.comes_after_webhooks:
            await all_tried(self.bank)
        return strike.cut("after") or self.after(session_id, outcome, typed)

    def carry_out(self, deed: Callable[[], Outcome], strike: Strike) -> Outcome:
        strike.refuse()
        strike.fail("before")
        with self.bank.store.transaction():
            outcome = deed()
        strike.fail("after")
        return outcome

    def after(self, session_id: str, outcome: Outcome, typed: Fields) -> Response:
        session = self.bank.find("checkout.session", session_id)
        if outcome.status == "challenge":
            return RedirectResponse(f"/c/pay/{session_id}/3d-secure", 303)
        if outcome.decline is not None:
            field = BESIDE.get(outcome.decline.code, "card")
            return HTMLResponse(self.form(session, typed, {field: outcome.decline.message}), 402)
        return RedirectResponse(success_url(session), 303)

    def purse(self, session: Json, typed: Fields) -> tuple[Purse, Fields]:
        typed["kind"] = typed.get("kind", "card")
        email = self.known_email(session) or typed.get("email", "").strip()
        return purse_from(typed, email, self.bank.clock.now())

    def session(self, request: Request) -> Json | None:
        return self.bank.store.get(request.path_params["id"], "checkout.session")

    def known_email(self, session: Json) -> str:
        """The address the shop gave, of the session or of its customer: not to be changed here."""
        customer = session["customer"] and self.bank.store.get(session["customer"])
        return str(session["customer_email"] or (customer and customer["email"]) or "")

    def form(self, session: Json, typed: Fields, faults: Fields) -> str:
        lines = self.bank.store.hidden(session["id"])["line_items"]
        kinds = session["payment_method_types"]
        kind = typed["kind"] if typed.get("kind") in kinds else kinds[0]
        shown = {**typed, "kind": kind, "known_email": self.known_email(session)}
        return html.payment_page(self.bank, session, lines, shown, faults)


def success_url(session: Json) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


async def fields_of(request: Request) -> Fields:
    """The form's fields; what is not UTF-8 is replaced rather than refused."""
    body: Any = await request.body()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def purse_from(typed: Fields, email: str, now: float) -> tuple[Purse, Fields]:
    """What the buyer typed, and what is wrong with it by field."""
    faults: Fields = {}
    if "@" not in email or len(email) > 254 or " " in email:
        faults["email"] = "Enter an e-mail address, like name@example.com."
    kind = typed["kind"]
    field = "account" if kind == "sepa_debit" else "card"
    number = cards.digits(typed.get(field, ""))
    expiry, cvc = typed.get("expiry", "").strip(), typed.get("cvc", "").strip()
    if kind == "sepa_debit":
        if number not in cards.ACCOUNTS:
            faults["account"] = "Enter one of the test account numbers listed below."
    else:
        faults |= cards.card_faults(number, expiry, cvc, now)
    name = typed.get("name", "").strip()[:200] or None
    return Purse(number, kind, expiry, email, name), faults
