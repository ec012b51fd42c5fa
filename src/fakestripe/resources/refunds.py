"""Refunds: money given back, never more than was taken."""

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import ApiError, invalid
from fakestripe.metadata import merged
from fakestripe.money import check_coins, display
from fakestripe.pagination import listing
from fakestripe.resources.events import emit

KIND = "refund"


def create(bank: Bank, params: Json) -> Json:
    charge = charge_to_refund(bank, params)
    amount = refundable(charge, params.get("amount"))
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    bank.store.save(charge)
    refund = bank.store.insert(new_refund(bank, charge, amount, params))
    emit(bank, "refund.created", refund)
    emit(bank, "charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})
    return refund


def charge_to_refund(bank: Bank, params: Json) -> Json:
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid(
            "One of the following params should be provided for this request: "
            "payment_intent or charge."
        )
    if "charge" in params:
        charge = bank.find("charge", params["charge"], "charge")
    else:
        charge = charge_of_intent(bank, params["payment_intent"])
    if charge["status"] != "succeeded":
        raise unsuccessful(charge["payment_intent"])
    return charge


def charge_of_intent(bank: Bank, intent_id: str) -> Json:
    intent = bank.find("payment_intent", intent_id, "payment_intent")
    if intent["latest_charge"] is None:
        raise unsuccessful(intent_id)
    return bank.find("charge", intent["latest_charge"])


def unsuccessful(intent_id: str) -> ApiError:
    return invalid(
        f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
        "payment_intent",
    )


def refundable(charge: Json, asked: int | None) -> int:
    """The amount to give back: what was asked, by default all that is left; never more."""
    left: int = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    amount = left if asked is None else asked
    if amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        raise invalid(
            f"Refund amount ({display(amount, charge['currency'])}) is greater than unrefunded "
            f"amount on charge ({display(left, charge['currency'])})",
            "amount",
        )
    check_coins(amount, charge["currency"], "amount")
    return amount


def new_refund(bank: Bank, charge: Json, amount: int, params: Json) -> Json:
    method = charge["payment_method_details"]["type"]
    destination: Json = {"type": method}
    if method == "card":
        reference = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
        destination["card"] = {"type": "refund", **reference}
    return {
        "id": ids.new("re"),
        "object": KIND,
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": bank.clock.today(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": destination,
        "metadata": merged({}, params.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def list_(bank: Bank, params: Json) -> Json:
    return listing(bank, KIND, "/v1/refunds", params)


def update(bank: Bank, params: Json, refund_id: str) -> Json:
    refund = bank.find(KIND, refund_id)
    refund["metadata"] = merged(refund["metadata"], params.get("metadata"))
    bank.store.save(refund)
    emit(bank, "refund.updated", refund, {})
    return refund
