"""Refunds and disputes as the shop sees them: plain values, no SDK objects.

Made from the JSON of the API version that `payments.stripe` asks for
(https://docs.stripe.com/api/refunds/object, https://docs.stripe.com/api/disputes/object).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bodega.payments import units
from bodega.payments.sessions import expanded


@dataclass(frozen=True, slots=True)
class BankRefund:
    """A refund at Stripe. `amount` is in our minor units of `currency` (upper case)."""

    id: str
    status: str
    amount: int
    currency: str
    payment_intent: str
    charge: str
    created: datetime
    reason: str = ""
    failure: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_failed(self) -> bool:
        """It came to nothing, and the money is the shop's (again)."""
        return self.status in {"failed", "canceled"}

    @property
    def is_done(self) -> bool:
        """The money has left; it can still come back."""
        return self.status == "succeeded"


@dataclass(frozen=True, slots=True)
class BankDispute:
    """A dispute at Stripe. `withdrawn` and `reinstated` count how often money moved for it."""

    id: str
    status: str
    reason: str
    amount: int
    currency: str
    payment_intent: str
    charge: str
    created: datetime
    livemode: bool
    due_by: datetime | None = None
    withdrawn: int = 0
    reinstated: int = 0

    @property
    def is_closed(self) -> bool:
        """Nothing more will come: won, lost, or an inquiry that ended (also by a refund)."""
        return self.status in {"won", "lost", "warning_closed", "prevented"}


def refund_from(data: Mapping[str, Any]) -> BankRefund:
    """Read a refund's JSON. KeyError: no refund at all."""
    currency = data["currency"].upper()
    return BankRefund(
        id=data["id"],
        status=data.get("status") or "pending",
        amount=units.from_stripe(data["amount"], currency),
        currency=currency,
        payment_intent=expanded(data.get("payment_intent")).get("id", ""),
        charge=expanded(data.get("charge")).get("id", ""),
        created=datetime.fromtimestamp(data["created"], UTC),
        reason=data.get("reason") or "",
        failure=data.get("failure_reason") or "",
        metadata=dict(data.get("metadata") or {}),
    )


def dispute_from(data: Mapping[str, Any]) -> BankDispute:
    """Read a dispute's JSON. KeyError: no dispute at all."""
    currency = data["currency"].upper()
    moved = [row["amount"] for row in data.get("balance_transactions") or ()]
    due_by = (data.get("evidence_details") or {}).get("due_by")
    return BankDispute(
        id=data["id"],
        status=data["status"],
        reason=data.get("reason") or "general",
        amount=units.from_stripe(data["amount"], currency),
        currency=currency,
        payment_intent=expanded(data.get("payment_intent")).get("id", ""),
        charge=expanded(data.get("charge")).get("id", ""),
        created=datetime.fromtimestamp(data["created"], UTC),
        livemode=bool(data.get("livemode")),
        due_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
        withdrawn=sum(amount < 0 for amount in moved),
        reinstated=sum(amount > 0 for amount in moved),
    )
