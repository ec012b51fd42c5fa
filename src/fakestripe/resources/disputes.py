"""Disputes: a buyer asks their bank for the money back, and the shop may answer with evidence.

As in Stripe's test mode (docs.stripe.com/testing#evidence) the words `winning_evidence` and
`losing_evidence` in `evidence[uncategorized_text]` decide the case at once; any other evidence
leaves it under review. Without an answer until `due_by` it is lost.
"""

from datetime import UTC, datetime, time, timedelta

from fakestripe import Json, agenda, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.pagination import listing
from fakestripe.resources import balance_transactions
from fakestripe.resources.balance_transactions import DISPUTE_FEE, book
from fakestripe.resources.events import emit

KIND = "dispute"
DAYS_TO_ANSWER = 9

# Why a buyer disputes, and the networks' code for it. An inquiry takes no money yet.
INQUIRY = "inquiry"
REASONS = {
    "duplicate": "12.6", "fraudulent": "10.4", "general": "10.4", INQUIRY: "10.4",
    "product_not_received": "13.1", "product_unacceptable": "13.3", "unrecognized": "10.4",
}  # fmt: skip

EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy",
    "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication",
    "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
    "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id",
    "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
    "uncategorized_file", "uncategorized_text",
)  # fmt: skip
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def open_for(bank: Bank, charge_id: str, reason: str = "fraudulent") -> Json:
    """A new dispute over what is left of a charge. The bank takes the money, and its own fee,
    back at once; an `inquiry` only asks."""
    charge = disputable(bank, charge_id, reason)
    amount = charge["amount_captured"] - charge["amount_refunded"]
    dispute = new_dispute(bank, charge, amount, reason)
    charge["disputed"] = True
    bank.store.save(charge)
    if reason != INQUIRY:
        move_money(bank, dispute, -amount, "adjustment:dispute")
    bank.store.insert(dispute)
    agenda.arrange(bank, dispute["evidence_details"]["due_by"], "lapse_dispute", dispute["id"])
    emit(bank, "charge.dispute.created", dispute)
    if reason != INQUIRY:
        emit(bank, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def disputable(bank: Bank, charge_id: str, reason: str) -> Json:
    if reason not in REASONS:
        raise invalid(f"No such reason: {reason}. There are {', '.join(REASONS)}.", "reason")
    charge = bank.find("charge", charge_id)
    if charge["disputed"]:
        raise invalid(f"Charge {charge_id} is disputed already.", code="charge_disputed")
    if charge["status"] != "succeeded" or charge["amount_captured"] <= charge["amount_refunded"]:
        raise invalid(f"There is nothing to dispute: charge {charge_id} holds no money.")
    return charge


def new_dispute(bank: Bank, charge: Json, amount: int, reason: str) -> Json:
    inquiry = reason == INQUIRY
    return {
        "id": ids.new("du"),
        "object": KIND,
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": bank.clock.today(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by(bank.clock.now()),
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": method_details(charge, reason),
        "reason": "general" if inquiry else reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def due_by(now: float) -> int:
    """The last second of the ninth day from now, UTC."""
    day = datetime.fromtimestamp(now, UTC).date() + timedelta(days=DAYS_TO_ANSWER)
    return int(datetime.combine(day, time(23, 59, 59), UTC).timestamp())


def method_details(charge: Json, reason: str) -> Json:
    kind = charge["payment_method_details"]["type"]
    if kind != "card":
        return {"type": kind, kind: {}}
    brand = charge["payment_method_details"]["card"]["brand"]
    case = "inquiry" if reason == INQUIRY else "chargeback"
    card = {"brand": brand, "case_type": case, "network": brand}
    return {"type": "card", "card": card | {"network_reason_code": REASONS[reason]}}


def move_money(bank: Bank, dispute: Json, amount: int, kind: str) -> None:
    """Books `amount` for the dispute; what is withdrawn costs the shop a fee as well."""
    fee = balance_transactions.scaled(DISPUTE_FEE, dispute["currency"]) if amount < 0 else 0
    dispute["balance_transactions"].append(book(bank, dispute, kind, amount, fee))


def list_(bank: Bank, params: Json) -> Json:
    return listing(bank, KIND, "/v1/disputes", params)


def update(bank: Bank, params: Json, dispute_id: str) -> Json:
    """Takes evidence, and hands it in unless `submit=false`."""
    dispute = bank.find(KIND, dispute_id)
    evidence = params.get("evidence") or {}
    if evidence:
        check_undecided(dispute)
        for name, value in evidence.items():
            dispute["evidence"][name] = value or None
        dispute["evidence_details"]["has_evidence"] = True
    dispute["metadata"] = merged(dispute["metadata"], params.get("metadata"))
    submitted = bool(evidence) and params.get("submit", True)
    if submitted:
        hand_in(bank, dispute)
    bank.store.save(dispute)
    emit(bank, "charge.dispute.updated", dispute, {})
    verdict = VERDICTS.get(dispute["evidence"]["uncategorized_text"] or "")
    if submitted and verdict:
        decide(bank, dispute, verdict)
    return dispute


def hand_in(bank: Bank, dispute: Json) -> None:
    agenda.call_off(bank, dispute["id"])
    dispute["evidence_details"]["submission_count"] += 1
    dispute["status"] = "warning_under_review" if is_inquiry(dispute) else "under_review"


def close(bank: Bank, _params: Json, dispute_id: str) -> Json:
    """The shop gives in: the dispute is lost (an inquiry is just closed)."""
    dispute = bank.find(KIND, dispute_id)
    check_undecided(dispute)
    return decide(bank, dispute, "lost")


def check_undecided(dispute: Json) -> None:
    if not dispute["status"].endswith(("needs_response", "under_review")):
        raise invalid(f"This dispute is already closed: its status is {dispute['status']}.")


def is_inquiry(dispute: Json) -> bool:
    return str(dispute["status"]).startswith("warning_")


def decide(bank: Bank, dispute: Json, verdict: str) -> Json:
    """Ends it `won` or `lost`; what was withdrawn comes back to a shop that won."""
    agenda.call_off(bank, dispute["id"])
    inquiry = is_inquiry(dispute)
    dispute["status"] = "warning_closed" if inquiry else verdict
    dispute["is_charge_refundable"] = inquiry or verdict == "won"
    if verdict == "won" and not inquiry:
        move_money(bank, dispute, dispute["amount"], "adjustment:dispute_reversal")
    bank.store.save(dispute)
    emit(bank, "charge.dispute.closed", dispute)
    if verdict == "won" and not inquiry:
        emit(bank, "charge.dispute.funds_reinstated", dispute)
    return dispute


def lapse_when_due(bank: Bank, dispute_id: str) -> None:
    """Nobody answered in time."""
    dispute = bank.store.get(dispute_id, KIND)
    if dispute is not None:
        dispute["evidence_details"]["past_due"] = True
        decide(bank, dispute, "lost")


def check_refundable(bank: Bank, charge: Json) -> None:
    """The money of a disputed charge is with the bank: it cannot be given back a second time."""
    if not charge["disputed"]:
        return
    found = bank.store.select(
        "type = ? AND payment_intent = ? AND json_extract(body, '$.charge') = ?",
        [KIND, charge["payment_intent"], charge["id"]],
    )
    if not all(dispute["is_charge_refundable"] for dispute in found):
        raise invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
