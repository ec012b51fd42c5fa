"""Payment intents: one try to be paid, from the first card typed to the money received.

Checkout makes the intent when the buyer first confirms, not when the session is created
(Stripe since API 2022-08-01).
"""

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.confirming import confirm as attempt
from fakestripe.confirming import settle_intent
from fakestripe.errors import ApiError, card_refused, invalid
from fakestripe.metadata import merged
from fakestripe.money import LARGEST_CHARGE, check_coins, check_currency, display, smallest_charge
from fakestripe.pagination import listing
from fakestripe.resources import charges
from fakestripe.resources.events import emit
from fakestripe.resources.payment_methods import missing, usable

KIND = "payment_intent"
CANCELLABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_reauthorization",
    "requires_confirmation",
    "requires_action",
)
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
KINDS = ("card", "sepa_debit")

# Known to Stripe, but not played here: refused, rather than quietly forgotten.
UNPLAYED = (
    "amount_to_confirm", "application_fee_amount", "confirmation_token", "on_behalf_of",
    "payment_method_data", "transfer_data",
)  # fmt: skip
EDITABLE = (
    "customer", "description", "receipt_email", "setup_future_usage", "statement_descriptor",
    "statement_descriptor_suffix", "transfer_group",
)  # fmt: skip


def create(bank: Bank, params: Json) -> Json:
    refuse_unplayed(params)
    currency = check_currency(params["currency"], "currency")
    check_amount(params["amount"], currency)
    if "customer" in params:
        bank.find("customer", params["customer"], "customer")
    intent = new_intent(bank, params["amount"], currency, params)
    intent["customer"] = params.get("customer")
    intent["capture_method"] = params.get("capture_method", "automatic_async")
    intent["confirmation_method"] = params.get("confirmation_method", "automatic")
    intent["payment_method_types"] = kinds(params, currency)
    bank.store.insert(intent, hidden={})
    emit(bank, "payment_intent.created", intent)
    if params.get("confirm"):
        return confirm(bank, params, intent["id"])
    return prepare(bank, intent, params)


def refuse_unplayed(params: Json) -> None:
    for name in UNPLAYED:
        if params.get(name):
            raise invalid(f"fakestripe does not play `{name}`.", name)


def check_amount(amount: int, currency: str) -> None:
    least = smallest_charge(currency)
    if amount < least:
        words = f"Amount must be at least {display(least, currency)}"
        raise invalid(words, "amount", "amount_too_small")
    if amount > LARGEST_CHARGE:
        words = f"Amount must be no more than {display(LARGEST_CHARGE, currency)}"
        raise invalid(words, "amount", "amount_too_large")
    check_coins(amount, currency, "amount")


def kinds(params: Json, currency: str) -> list[str]:
    """The ways to pay: those asked for, by default all that the currency has."""
    asked: list[str] = params.get("allowed_payment_method_types", [])
    for kind in asked:
        if kind not in KINDS:
            message = "fakestripe plays the types `card` and `sepa_debit`."
            raise invalid(message, "allowed_payment_method_types")
    return asked or [kind for kind in KINDS if kind == "card" or currency == "eur"]


def prepare(bank: Bank, intent: Json, params: Json) -> Json:
    """Notes the payment method that a later confirmation will use."""
    if "payment_method" in params:
        intent["payment_method"] = usable(bank, params["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    return bank.store.save(intent)


def update(bank: Bank, params: Json, intent_id: str) -> Json:
    refuse_unplayed(params)
    intent = bank.find(KIND, intent_id)
    if {"amount", "currency"} & params.keys():
        check_not_of_checkout(bank, intent_id)
        check_status(intent, CONFIRMABLE, "update")
        intent["amount"] = params.get("amount", intent["amount"])
        currency: str = params.get("currency") or intent["currency"]
        intent["currency"] = check_currency(currency, "currency")
        check_amount(intent["amount"], intent["currency"])
    for name in EDITABLE:
        if name in params:
            intent[name] = params[name] or None
    if "shipping" in params:
        intent["shipping"] = shipping(params["shipping"] or None)
    intent["metadata"] = merged(intent["metadata"], params.get("metadata"))
    return prepare(bank, intent, params)


def confirm(bank: Bank, params: Json, intent_id: str) -> Json:
    """Tries to be paid now; raises a 402 for a declined card, whose charge stays on record."""
    refuse_unplayed(params)
    intent = bank.find(KIND, intent_id)
    check_not_of_checkout(bank, intent_id)
    check_status(intent, CONFIRMABLE, "confirm")
    method_id = params.get("payment_method", intent["payment_method"])
    if method_id is None:
        raise missing("payment_method")
    method = usable(bank, method_id)
    if method["type"] not in intent["payment_method_types"]:
        message = f"This PaymentIntent does not take {method['type']}."
        raise invalid(message, "payment_method")
    intent["payment_method"] = method["id"]
    outcome = attempt(bank, intent, method)
    if outcome.decline is not None:
        raise card_refused(intent["last_payment_error"] | {"payment_intent": intent})
    return intent


def capture(bank: Bank, params: Json, intent_id: str) -> Json:
    """Takes what was set aside, or a part of it and lets the rest go."""
    intent = bank.find(KIND, intent_id)
    check_status(intent, ("requires_capture",), "capture")
    authorized: int = intent["amount_capturable"]
    amount: int = params.get("amount_to_capture", authorized)
    if not 0 < amount <= authorized:
        raise invalid("The amount to capture must be over 0 and at most the amount authorized.",
                      "amount_to_capture")  # fmt: skip
    charge = bank.find(charges.KIND, intent["latest_charge"])
    intent["metadata"] = merged(intent["metadata"], params.get("metadata"))
    settle_intent(bank, intent, charges.capture(bank, charge, amount))
    return intent


def check_not_of_checkout(bank: Bank, intent_id: str) -> None:
    if "session" in bank.store.hidden(intent_id):
        raise invalid(
            "You cannot perform this action on PaymentIntents created by Checkout. "
            "Expire the Checkout Session instead."
        )


def check_status(intent: Json, allowed: tuple[str, ...], verb: str) -> None:
    if intent["status"] not in allowed:
        raise unexpected(intent, allowed, verb)


def unexpected(intent: Json, allowed: tuple[str, ...], verb: str) -> ApiError:
    done = {"cancel": "canceled", "capture": "captured"}.get(verb, f"{verb.rstrip('e')}ed")
    error = invalid(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. "
        "Only a PaymentIntent with one of the following statuses may be "
        f"{done}: {', '.join(allowed)}.",
        code="payment_intent_unexpected_state",
    )
    error.error["payment_intent"] = intent
    return error


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
    check_not_of_checkout(bank, intent_id)
    check_status(intent, CANCELLABLE, "cancel")
    if intent["status"] == "requires_capture":
        charges.release(bank, bank.find(charges.KIND, intent["latest_charge"]))
    return cancelled(bank, intent, params.get("cancellation_reason"))


def cancelled(bank: Bank, intent: Json, reason: str | None) -> Json:
    intent.update(
        status="canceled",
        amount_capturable=0,
        canceled_at=bank.clock.today(),
        cancellation_reason=reason,
        next_action=None,
    )
    bank.store.save(intent)
    emit(bank, "payment_intent.canceled", intent)
    return intent
