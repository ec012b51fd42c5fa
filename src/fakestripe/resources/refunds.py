"""Refunds: money given back, never more than was taken."""

from fakestripe import Json, agenda, ids
from fakestripe.bank import Bank
from fakestripe.cards import card
from fakestripe.errors import ApiError, invalid
from fakestripe.metadata import merged
from fakestripe.money import check_coins, display
from fakestripe.pagination import listing
from fakestripe.resources.balance_transactions import book
from fakestripe.resources.disputes import check_refundable
from fakestripe.resources.events import emit
from fakestripe.resources.payment_methods import number_of

KIND = "refund"


def create(bank: Bank, params: Json) -> Json:
    charge = charge_to_refund(bank, params)
    amount = refundable(charge, params.get("amount"))
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    bank.store.save(charge)
    refund = new_refund(bank, charge, amount, params)
    refund["balance_transaction"] = book_movement(bank, refund, "refund", -amount)
    foretell(bank, refund)
    bank.store.insert(refund)
    emit(bank, "refund.created", refund)
    emit(bank, "charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})
    return refund


def book_movement(bank: Bank, refund: Json, kind: str, amount: int) -> str:
    """The id of the booking; the types of debits have names of their own (`payment_refund`)."""
    debit = refund["destination_details"]["type"] == "sepa_debit"
    name = f"payment_{kind}:{kind}" if debit else kind
    row: str = book(bank, refund, name, amount)["id"]
    return row


def foretell(bank: Bank, refund: Json) -> None:
    """What becomes of it later, by the card that was charged or by a fault."""
    method = bank.find("payment_method", refund["payment_method"])
    fate = card(number_of(bank, method)).refund
    delay = bank.settings.debit_delay
    for fault in bank.faults.take(("refund_fails",), refund["charge"]):
        fate, delay = "fails", fault.number("ms") / 1000
    if fate is not None:
        refund["status"] = "pending" if fate == "pending" else "succeeded"
        action = "settle_refund" if fate == "pending" else "fail_refund"
        agenda.arrange(bank, bank.clock.now() + delay, action, refund["id"])


def settle_when_due(bank: Bank, refund_id: str) -> None:
    refund = bank.store.get(refund_id, KIND)
    if refund is not None:
        refund["status"] = "succeeded"
        bank.store.save(refund)
        tell(bank, refund, {"status": "pending"})


def fail_when_due(bank: Bank, refund_id: str) -> None:
    """The buyer's bank sent it back: the money is the shop's again and the charge can be
    refunded anew (docs.stripe.com/refunds#failed-refunds)."""
    refund = bank.store.get(refund_id, KIND)
    if refund is None:
        return
    charge = bank.find("charge", refund["charge"])
    before = charge["amount_refunded"]
    charge.update(amount_refunded=before - refund["amount"], refunded=False)
    bank.store.save(charge)
    row = book_movement(bank, refund, "refund_failure", refund["amount"])
    previous = {"status": refund["status"]}
    refund.update(status="failed", failure_reason="unknown", failure_balance_transaction=row)
    bank.store.save(refund)
    emit(bank, "refund.failed", refund)
    tell(bank, refund, previous)
    emit(bank, "charge.updated", charge, {"amount_refunded": before})


def tell(bank: Bank, refund: Json, previous: Json) -> None:
    """Of a change; under both names, since shops listen to the older one too."""
    emit(bank, "refund.updated", refund, previous)
    emit(bank, "charge.refund.updated", refund, previous)


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
    if not charge["captured"]:
        raise invalid("This charge is not captured: cancel its PaymentIntent instead.", "charge")
    check_refundable(bank, charge)
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
    tell(bank, refund, {})
    return refund
