"""The hosted payment page: what the buyer sees at a session's `url`. Works without JavaScript."""

from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fakestripe import Json, cards, html
from fakestripe.bank import Bank
from fakestripe.errors import ApiError
from fakestripe.paying import Outcome, Purse, answer_challenge, challenged_intent, pay
from fakestripe.striking import Dropped, Strike

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
        return Dropped() if (answer := self.pay(session, typed, strike)) is None else answer

    def pay(self, session: Json, typed: Fields, strike: Strike) -> Response | None:
        """The answer to a form, or None when a fault drops it."""
        typed["kind"] = typed.get("kind", "card")
        email = self.known_email(session) or typed.get("email", "").strip()
        purse, faults = purse_from(typed, email, self.bank.clock.now())
        if faults:
            return HTMLResponse(self.form(session, typed, faults), 422)
        try:
            outcome = self.confirm(session["id"], purse, strike)
        except ApiError as refusal:
            return HTMLResponse(html.problem_page(self.bank, str(refusal)), refusal.status)
        return None if strike.drops else self.after(session["id"], outcome, typed)

    def confirm(self, session_id: str, purse: Purse, strike: Strike) -> Outcome:
        strike.fail("before")
        with self.bank.store.transaction():
            outcome = pay(self.bank, session_id, purse)
        strike.fail("after")
        return outcome

    async def challenge(self, request: Request) -> Response:
        session = self.session(request)
        if session is None or challenged_intent(self.bank, session) is None:
            return await self.show(request)
        return HTMLResponse(html.challenge_page(self.bank, session))

    async def answer(self, request: Request) -> Response:
        passed = (await fields_of(request)).get("answer") == "complete"
        session = self.session(request)
        if session is None or challenged_intent(self.bank, session) is None:
            return await self.submit(request)
        with self.bank.store.transaction():
            outcome = answer_challenge(self.bank, session["id"], passed)
        return self.after(session["id"], outcome, {"kind": "card"})

    def after(self, session_id: str, outcome: Outcome, typed: Fields) -> Response:
        session = self.bank.find("checkout.session", session_id)
        if outcome.status == "challenge":
            return RedirectResponse(f"/c/pay/{session_id}/3d-secure", 303)
        if outcome.decline is not None:
            field = BESIDE.get(outcome.decline.code, "card")
            return HTMLResponse(self.form(session, typed, {field: outcome.decline.message}), 402)
        return RedirectResponse(success_url(session), 303)

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
