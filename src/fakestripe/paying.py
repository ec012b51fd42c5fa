"""Paying a session: what happens when a buyer confirms, page or program alike.

`pay` and `answer_challenge` run in the caller's transaction and return an outcome; only what
makes no sense at all (a session that is not open) is an error.
"""

from dataclasses import dataclass

from fakestripe import Json
from fakestripe.bank import Bank
from fakestripe.cards import DECLINES
from fakestripe.confirming import Outcome, confirm, fail_intent, take
from fakestripe.errors import invalid
from fakestripe.resources import payment_intents, payment_methods


@dataclass(frozen=True)
class Purse:
    """What a buyer typed: a card number, or an account number for the delayed debit."""

    number: str
    kind: str = "card"
    expiry: str = "12/34"
    email: str = "buyer@example.com"
    name: str | None = None


def pay(bank: Bank, session_id: str, purse: Purse) -> Outcome:
    session = open_session(bank, session_id)
    check_kind(session, purse.kind)
    billing = payment_methods.billing_details(purse.email, purse.name)
    if purse.kind == "sepa_debit":
        method = payment_methods.new_debit(bank, purse.number, billing)
    else:
        method = payment_methods.new_card(bank, purse.number, purse.expiry, billing)
    return pay_with(bank, session, method)


def pay_with(bank: Bank, session: Json, method: Json) -> Outcome:
    """Pays an open session with a stored payment method."""
    check_kind(session, method["type"])
    return confirm(bank, payment_intents.for_session(bank, session), method)


def open_session(bank: Bank, session_id: str) -> Json:
    session = bank.find("checkout.session", session_id)
    if session["status"] != "open":
        raise invalid(f"This Checkout Session is {session['status']}: it cannot be paid.")
    return session


def check_kind(session: Json, kind: str) -> None:
    if kind not in session["payment_method_types"]:
        raise invalid(f"This session does not take {kind}.", "payment_method_types")


def challenged_intent(bank: Bank, session: Json) -> Json | None:
    """The intent of an open session that is waiting for 3-D Secure, if it is."""
    if session["status"] != "open" or not session["payment_intent"]:
        return None
    intent = bank.find("payment_intent", session["payment_intent"])
    return intent if intent["status"] == "requires_action" else None


def answer_challenge(bank: Bank, session_id: str, passed: bool) -> Outcome:
    intent = challenged_intent(bank, open_session(bank, session_id))
    if intent is None:
        raise invalid("This Checkout Session is not waiting for 3-D Secure.")
    method = bank.find("payment_method", intent["payment_method"])
    if passed:
        return take(bank, intent, method)
    why = DECLINES["authentication_failed"]
    fail_intent(bank, intent, method, why, None)
    return Outcome("declined", why)
