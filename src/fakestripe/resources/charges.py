"""Charges: money taken, or refused, from one card or account."""

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.cards import Decline
from fakestripe.metadata import merged
from fakestripe.pagination import as_list, listing
from fakestripe.resources.balance_transactions import book_charge
from fakestripe.resources.events import emit

KIND = "charge"


def new_charge(bank: Bank, intent: Json, method: Json, status: str) -> Json:
    """A stored charge `succeeded`, `pending` or `failed`; the caller emits what happened."""
    succeeded = status == "succeeded"
    captured = status != "failed" and intent["capture_method"] != "manual"
    charge = describe(bank, intent, method)
    charge.update(
        amount_captured=intent["amount"] if captured else 0,
        captured=captured,
        outcome=outcome(None) if succeeded else None,
        paid=succeeded,
        status=status,
    )
    if succeeded and captured:
        book_charge(bank, charge)
    return bank.store.insert(charge)


def describe(bank: Bank, intent: Json, method: Json) -> Json:
    """A charge of which nothing has become yet."""
    return {
        "id": ids.new("py" if method["type"] == "sepa_debit" else "ch"),
        "object": KIND,
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": bank.settings.merchant.upper()[:22],
        "captured": False,
        "created": bank.clock.today(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": details(method),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "pending",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


def details(method: Json) -> Json:
    """`payment_method_details`: the method as it stood when it was charged."""
    if method["type"] == "sepa_debit":
        return {"type": "sepa_debit", "sepa_debit": method["sepa_debit"] | {"mandate": None}}
    shown = method["card"]
    kept = (
        "brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4",
        "regulated_status",
    )  # fmt: skip
    return {
        "type": "card",
        "card": {name: shown[name] for name in kept}
        | {
            "amount_authorized": None,
            "authorization_code": None,
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": shown["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"status": "unavailable", "maximum_amount_capturable": None},
            "three_d_secure": None,
            "transaction_link_id": None,
            "wallet": None,
        },
    }


def outcome(decline: Decline | None) -> Json:
    approved = decline is None
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None if approved else "01",
        "network_status": "approved_by_network" if approved else "declined_by_network",
        "reason": None if decline is None else decline.decline_code,
        "risk_level": "normal",
        "risk_score": 0,
        "seller_message": "Payment complete." if approved else "The bank did not accept it.",
        "type": "authorized" if approved else "issuer_declined",
    }


def failed(bank: Bank, charge: Json, decline: Decline) -> Json:
    """The charge, now failed, with the reason on it."""
    charge.update(
        status="failed",
        paid=False,
        captured=False,
        amount_captured=0,
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=outcome(decline),
    )
    bank.store.save(charge)
    emit(bank, "charge.failed", charge)
    return charge


def succeeded(bank: Bank, charge: Json) -> Json:
    """The charge, now paid: a pending debit has cleared."""
    charge.update(status="succeeded", paid=True, outcome=outcome(None))
    charge.update(captured=True, amount_captured=charge["amount"])
    book_charge(bank, charge)
    bank.store.save(charge)
    emit(bank, "charge.succeeded", charge)
    return charge


def capture(bank: Bank, charge: Json, amount: int) -> Json:
    """The charge, of whose authorized amount this much has been taken now; the rest is let go."""
    charge.update(captured=True, amount_captured=amount, amount_refunded=charge["amount"] - amount)
    book_charge(bank, charge)
    bank.store.save(charge)
    emit(bank, "charge.captured", charge)
    return charge


def release(bank: Bank, charge: Json) -> Json:
    """The charge, given up before it was captured: nothing was taken."""
    charge.update(amount_refunded=charge["amount"], refunded=True)
    bank.store.save(charge)
    emit(bank, "charge.refunded", charge)
    return charge


def list_(bank: Bank, params: Json) -> Json:
    return listing(bank, KIND, "/v1/charges", params)


def update(bank: Bank, params: Json, charge_id: str) -> Json:
    charge = bank.find(KIND, charge_id)
    for name in ("description", "receipt_email", "transfer_group"):
        if name in params:
            charge[name] = params[name]
    charge["metadata"] = merged(charge["metadata"], params.get("metadata"))
    bank.store.save(charge)
    emit(bank, "charge.updated", charge, {})
    return charge


def refunds_of(bank: Bank, charge: Json) -> Json:
    """`charge.refunds`, which Stripe leaves out unless it is expanded."""
    found = bank.store.select(
        "type = 'refund' AND payment_intent = ? AND json_extract(body, '$.charge') = ?",
        [charge["payment_intent"], charge["id"]],
    )
    return as_list(f"/v1/charges/{charge['id']}/refunds", found[:10], has_more=len(found) > 10)
