"""Paying a session: what the bank does when a buyer confirms, page or program alike.

`pay` and `answer_challenge` run in the caller's transaction and return an outcome; only what
makes no sense at all (a session that is not open) is an error.
"""

from dataclasses import dataclass

from fakestripe import Json, agenda, cards
from fakestripe.bank import Bank
from fakestripe.cards import DECLINES, Decline
from fakestripe.errors import invalid
from fakestripe.resources import charges, customers, payment_intents, payment_methods
from fakestripe.resources.events import emit


@dataclass(frozen=True)
class Purse:
    """What a buyer typed: a card number, or an account number for the delayed debit."""

    number: str
    kind: str = "card"
    expiry: str = "12/34"
    email: str = "buyer@example.com"
    name: str | None = None


@dataclass(frozen=True)
class Outcome:
    """`paid`, `processing` (a debit on its way), `challenge` (3-D Secure next) or `declined`."""

    status: str
    decline: Decline | None = None


def pay(bank: Bank, session_id: str, purse: Purse) -> Outcome:
    session = open_session(bank, session_id)
    if purse.kind not in session["payment_method_types"]:
        raise invalid(f"This session does not take {purse.kind}.", "payment_method_types")
    intent = payment_intents.for_session(bank, session)
    billing = payment_methods.billing_details(purse.email, purse.name)
    if purse.kind == "sepa_debit":
        method = payment_methods.new_debit(bank, purse.number, billing)
        return start_debit(
            bank, session, intent, method, clears=cards.ACCOUNTS.get(purse.number, False)
        )
    method = payment_methods.new_card(bank, purse.number, purse.expiry, billing)
    intent["payment_method"] = method["id"]
    card = cards.card(purse.number)
    if card.challenge:
        return ask_challenge(bank, session, intent)
    if card.decline:
        return decline(bank, intent, method, DECLINES[card.decline])
    return take(bank, session, intent, method)


def open_session(bank: Bank, session_id: str) -> Json:
    session = bank.find("checkout.session", session_id)
    if session["status"] != "open":
        raise invalid(f"This Checkout Session is {session['status']}: it cannot be paid.")
    return session


def take(bank: Bank, session: Json, intent: Json, method: Json) -> Outcome:
    """Money at once: charge, intent and session are done, and three events tell of it."""
    charge = charges.new_charge(bank, intent, method, "succeeded")
    emit(bank, "charge.succeeded", charge)
    settle_intent(bank, intent, charge)
    complete(bank, session, method, "paid")
    return Outcome("paid")


def settle_intent(bank: Bank, intent: Json, charge: Json) -> None:
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
        processing=None,
    )
    bank.store.save(intent)
    emit(bank, "payment_intent.succeeded", intent)


def complete(bank: Bank, session: Json, method: Json, payment_status: str) -> None:
    agenda.call_off(bank, session["id"])
    buyer = method["billing_details"]
    if session["customer_creation"] == "always":
        given = {"email": buyer["email"], "name": buyer["name"]}
        session["customer"] = customers.create(bank, given)["id"]
    session.update(
        status="complete",
        payment_status=payment_status,
        url=None,
        customer_details={
            "address": buyer["address"],
            "business_name": None,
            "email": buyer["email"],
            "individual_name": None,
            "name": buyer["name"],
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    )
    bank.store.save(session)
    emit(bank, "checkout.session.completed", session)


def decline(bank: Bank, intent: Json, method: Json, why: Decline) -> Outcome:
    """The card was refused: the session stays open and the buyer may try again."""
    charge = charges.new_charge(bank, intent, method, "failed")
    charges.failed(bank, charge, why)
    fail_intent(bank, intent, method, why, charge["id"])
    return Outcome("declined", why)


def fail_intent(
    bank: Bank, intent: Json, method: Json, why: Decline, charge_id: str | None
) -> None:
    error: Json = {
        "code": why.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{why.code.replace('_', '-')}",
        "message": why.message,
        "payment_method": method,
        "type": "card_error",
    }
    if charge_id is not None:
        error["charge"] = charge_id
    if why.decline_code is not None:
        error["decline_code"] = why.decline_code
    intent.update(
        status="requires_payment_method",
        latest_charge=charge_id or intent["latest_charge"],
        last_payment_error=error,
        next_action=None,
        payment_method=None,
        processing=None,
    )
    bank.store.save(intent)
    emit(bank, "payment_intent.payment_failed", intent)


def ask_challenge(bank: Bank, session: Json, intent: Json) -> Outcome:
    """3-D Secure: the issuer wants to see the buyer first. Their answer comes on another page."""
    page = f"{bank.settings.base_url}/c/pay/{session['id']}/3d-secure"
    intent.update(
        status="requires_action",
        next_action={
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": session["success_url"], "url": page},
        },
    )
    bank.store.save(intent)
    emit(bank, "payment_intent.requires_action", intent)
    return Outcome("challenge")


def challenged_intent(bank: Bank, session: Json) -> Json | None:
    """The intent of an open session that is waiting for 3-D Secure, if it is."""
    if session["status"] != "open" or not session["payment_intent"]:
        return None
    intent = bank.find("payment_intent", session["payment_intent"])
    return intent if intent["status"] == "requires_action" else None


def answer_challenge(bank: Bank, session_id: str, passed: bool) -> Outcome:
    session = open_session(bank, session_id)
    intent = challenged_intent(bank, session)
    if intent is None:
        raise invalid("This Checkout Session is not waiting for 3-D Secure.")
    method = bank.find("payment_method", intent["payment_method"])
    if passed:
        return take(bank, session, intent, method)
    why = DECLINES["authentication_failed"]
    fail_intent(bank, intent, method, why, None)
    return Outcome("declined", why)


def start_debit(bank: Bank, session: Json, intent: Json, method: Json, clears: bool) -> Outcome:
    """A debit is only promised now: the session completes unpaid, the money comes or bounces."""
    charge = charges.new_charge(bank, intent, method, "pending")
    emit(bank, "charge.pending", charge)
    intent.update(
        status="processing",
        latest_charge=charge["id"],
        payment_method=method["id"],
        last_payment_error=None,
    )
    bank.store.save(intent)
    emit(bank, "payment_intent.processing", intent)
    complete(bank, session, method, "unpaid")
    due = bank.clock.now() + bank.settings.debit_delay
    agenda.arrange(bank, due, "clear_debit" if clears else "bounce_debit", session["id"])
    return Outcome("processing")


def clear_debit(bank: Bank, session_id: str) -> None:
    session, intent, charge = debit_of(bank, session_id)
    charges.succeeded(bank, charge)
    settle_intent(bank, intent, charge)
    session["payment_status"] = "paid"
    bank.store.save(session)
    emit(bank, "checkout.session.async_payment_succeeded", session)


def bounce_debit(bank: Bank, session_id: str) -> None:
    session, intent, charge = debit_of(bank, session_id)
    why = DECLINES["debit_failed"]
    charges.failed(bank, charge, why)
    method = bank.find("payment_method", charge["payment_method"])
    fail_intent(bank, intent, method, why, charge["id"])
    emit(bank, "checkout.session.async_payment_failed", session)


def debit_of(bank: Bank, session_id: str) -> tuple[Json, Json, Json]:
    session = bank.find("checkout.session", session_id)
    intent = bank.find("payment_intent", session["payment_intent"])
    return session, intent, bank.find("charge", intent["latest_charge"])
