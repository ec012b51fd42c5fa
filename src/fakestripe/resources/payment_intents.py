"""Payment intents: one try to be paid, from the first card typed to the money received.

Checkout makes the intent when the buyer first confirms, not when the session is created
(Stripe since API 2022-08-01).
"""

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.pagination import listing
from fakestripe.resources.events import emit

KIND = "payment_intent"
CANCELLABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_reauthorization",
    "requires_confirmation",
    "requires_action",
)


def for_session(bank: Bank, session: Json) -> Json:
    """The intent of a checkout session, made with what its `payment_intent_data` asked for."""
    if session["payment_intent"]:
        return bank.find(KIND, session["payment_intent"])
    data = bank.store.hidden(session["id"]).get("payment_intent_data", {})
    intent = new_intent(bank, session["amount_total"], session["currency"], data)
    intent["customer"] = session["customer"]
    intent["payment_method_types"] = session["payment_method_types"]
    bank.store.insert(intent, hidden={"session": session["id"]})
    session["payment_intent"] = intent["id"]
    bank.store.save(session)
    emit(bank, "payment_intent.created", intent)
    return intent


def new_intent(bank: Bank, amount: int, currency: str, data: Json) -> Json:
    intent_id = ids.new("pi")
    return {
        "id": intent_id,
        "object": KIND,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_{ids.new('secret')}",
        "confirmation_method": "automatic",
        "created": bank.clock.today(),
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": data.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": merged({}, data.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": data.get("receipt_email"),
        "review": None,
        "setup_future_usage": data.get("setup_future_usage"),
        "shipping": shipping(data.get("shipping")),
        "source": None,
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": data.get("transfer_group"),
    }


def shipping(given: Json | None) -> Json | None:
    if given is None:
        return None
    parts = ("city", "country", "line1", "line2", "postal_code", "state")
    address = {part: given["address"].get(part) for part in parts}
    rest = {part: given.get(part) for part in ("carrier", "name", "phone", "tracking_number")}
    return {"address": address, **rest}


def list_(bank: Bank, params: Json) -> Json:
    return listing(bank, KIND, "/v1/payment_intents", params)


def cancel(bank: Bank, params: Json, intent_id: str) -> Json:
    """Refused for the intents of checkout: their session is what expires."""
    intent = bank.find(KIND, intent_id)
    if "session" in bank.store.hidden(intent_id):
        raise invalid(
            "You cannot perform this action on PaymentIntents created by Checkout. "
            "Expire the Checkout Session instead."
        )
    if intent["status"] not in CANCELLABLE:
        error = invalid(
            "You cannot cancel this PaymentIntent because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be "
            f"canceled: {', '.join(CANCELLABLE)}.",
            code="payment_intent_unexpected_state",
        )
        error.error["payment_intent"] = intent
        raise error
    return cancelled(bank, intent, params.get("cancellation_reason"))


def cancelled(bank: Bank, intent: Json, reason: str | None) -> Json:
    intent.update(
        status="canceled",
        canceled_at=bank.clock.today(),
        cancellation_reason=reason,
        next_action=None,
    )
    bank.store.save(intent)
    emit(bank, "payment_intent.canceled", intent)
    return intent
