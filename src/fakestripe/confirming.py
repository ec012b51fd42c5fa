"""Confirming an intent: what the bank does with a card or account, wherever it was typed.

All in the caller's transaction. An intent of checkout knows its session (hidden), which is
completed along with it.
"""

from dataclasses import dataclass

from fakestripe import Json, agenda, cards
from fakestripe.bank import Bank
from fakestripe.cards import DECLINES, Decline
from fakestripe.resources import charges, disputes, sessions
from fakestripe.resources.events import emit
from fakestripe.resources.payment_methods import number_of


@dataclass(frozen=True)
class Outcome:
    """`paid`, `processing` (a debit on its way), `challenge` (3-D Secure next) or `declined`."""

    status: str
    decline: Decline | None = None


def confirm(bank: Bank, intent: Json, method: Json) -> Outcome:
    number = number_of(bank, method)
    if method["type"] == "sepa_debit":
        return start_debit(bank, intent, method, clears=cards.ACCOUNTS.get(number, False))
    intent["payment_method"] = method["id"]
    card = cards.card(number)
    if card.challenge:
        return ask_challenge(bank, intent)
    if card.decline:
        return decline(bank, intent, method, DECLINES[card.decline])
    return take(bank, intent, method, card.dispute)


def session_of(bank: Bank, intent: Json) -> Json | None:
    session_id = bank.store.hidden(intent["id"]).get("session")
    return None if session_id is None else bank.find("checkout.session", session_id)


def take(bank: Bank, intent: Json, method: Json, dispute: str | None = None) -> Outcome:
    """Money at once: charge, intent and session are done, and an event each tells of it.
    `dispute` is the reason of the one that the card is known for."""
    charge = charges.new_charge(bank, intent, method, "succeeded")
    emit(bank, "charge.succeeded", charge)
    if intent["capture_method"] == "manual":
        hold(bank, intent, charge)
    else:
        settle_intent(bank, intent, charge)
    session = session_of(bank, intent)
    if session is not None:
        sessions.complete(bank, session, method, "paid")
    dispute_if_told(bank, intent, charge, dispute)
    return Outcome("paid")


def settle_intent(bank: Bank, intent: Json, charge: Json) -> None:
    intent.update(
        status="succeeded",
        amount_capturable=0,
        amount_received=charge["amount_captured"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
        processing=None,
    )
    bank.store.save(intent)
    emit(bank, "payment_intent.succeeded", intent)


def hold(bank: Bank, intent: Json, charge: Json) -> None:
    """`capture_method=manual`: the money is set aside until the shop takes it."""
    intent.update(
        status="requires_capture",
        amount_capturable=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    bank.store.save(intent)
    emit(bank, "payment_intent.amount_capturable_updated", intent)


def dispute_if_told(bank: Bank, intent: Json, charge: Json, reason: str | None) -> None:
    """By the card that paid, or by a fault: they match on the session's id, or the intent's."""
    if reason is None and not bank.faults.thrown:
        return
    label: str = bank.store.hidden(intent["id"]).get("session") or intent["id"]
    for fault in bank.faults.take(("dispute",), label):
        reason = str(fault.options["reason"])
    if reason is not None and charge["captured"]:
        disputes.open_for(bank, charge["id"], reason)


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


def ask_challenge(bank: Bank, intent: Json) -> Outcome:
    """3-D Secure: the issuer wants to see the buyer first. Their answer comes on another page,
    which only the intents of checkout have here."""
    session = session_of(bank, intent)
    intent["status"] = "requires_action"
    if session is None:
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect"},
        }
    else:
        page = f"{bank.settings.base_url}/c/pay/{session['id']}/3d-secure"
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": session["success_url"], "url": page},
        }
    bank.store.save(intent)
    emit(bank, "payment_intent.requires_action", intent)
    return Outcome("challenge")


def start_debit(bank: Bank, intent: Json, method: Json, clears: bool) -> Outcome:
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
    session = session_of(bank, intent)
    if session is not None:
        sessions.complete(bank, session, method, "unpaid")
    due = bank.clock.now() + bank.settings.debit_delay
    agenda.arrange(bank, due, "clear_debit" if clears else "bounce_debit", intent["id"])
    return Outcome("processing")


def clear_debit(bank: Bank, intent_id: str) -> None:
    intent = bank.find("payment_intent", intent_id)
    charge = charges.succeeded(bank, bank.find("charge", intent["latest_charge"]))
    settle_intent(bank, intent, charge)
    session = session_of(bank, intent)
    if session is not None:
        session["payment_status"] = "paid"
        bank.store.save(session)
        emit(bank, "checkout.session.async_payment_succeeded", session)
    dispute_if_told(bank, intent, charge, None)


def bounce_debit(bank: Bank, intent_id: str) -> None:
    intent = bank.find("payment_intent", intent_id)
    why = DECLINES["debit_failed"]
    charge = charges.failed(bank, bank.find("charge", intent["latest_charge"]), why)
    method = bank.find("payment_method", charge["payment_method"])
    fail_intent(bank, intent, method, why, charge["id"])
    session = session_of(bank, intent)
    if session is not None:
        emit(bank, "checkout.session.async_payment_failed", session)
