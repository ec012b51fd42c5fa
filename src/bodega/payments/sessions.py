"""A Checkout Session as the shop sees it: plain values, no SDK objects.

Made from the JSON of the API version that `payments.stripe` asks for
(https://docs.stripe.com/api/checkout/sessions/object).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bodega.payments import units


@dataclass(frozen=True, slots=True)
class Session:
    """`amount` is in our minor units of `currency` (upper case)."""

    id: str
    status: str
    payment_status: str
    amount: int
    currency: str
    livemode: bool
    created: datetime
    expires_at: datetime
    url: str = ""
    reference: str = ""
    email: str = ""
    payment_intent: str = ""
    intent_status: str = ""
    charge: str = ""
    failure: str = ""
    confirmed: datetime | None = None  # when the customer pressed "pay"
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_paid(self) -> bool:
        """The money is there. A free session has nothing to pay and counts."""
        return self.payment_status in {"paid", "no_payment_required"}

    @property
    def is_processing(self) -> bool:
        """The customer is done, the bank is not: a direct debit, a transfer."""
        return self.status == "complete" and not self.is_paid and not self.has_failed

    @property
    def has_failed(self) -> bool:
        """A delayed payment that came to nothing.

        The session then stays "complete" and "unpaid"; its intent wants another payment method
        (https://docs.stripe.com/payments/checkout/fulfill-orders, delayed payment methods).
        """
        dead = {"requires_payment_method", "canceled"}
        return self.status == "complete" and not self.is_paid and self.intent_status in dead


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a session, with the metadata we had put on its product."""

    description: str
    quantity: int
    amount: int
    metadata: Mapping[str, str] = field(default_factory=dict)


def session_from(data: Mapping[str, Any]) -> Session:
    """Read a session's JSON, its payment intent expanded or not. KeyError: no session at all."""
    currency = (data.get("currency") or "").upper()
    intent = expanded(data.get("payment_intent"))
    customer = data.get("customer_details") or {}
    problem = intent.get("last_payment_error") or {}
    return Session(
        id=data["id"],
        status=data.get("status") or "",
        payment_status=data.get("payment_status") or "",
        amount=units.from_stripe(data.get("amount_total") or 0, currency),
        currency=currency,
        livemode=bool(data.get("livemode")),
        created=datetime.fromtimestamp(data["created"], UTC),
        expires_at=datetime.fromtimestamp(data["expires_at"], UTC),
        url=data.get("url") or "",
        reference=data.get("client_reference_id") or "",
        email=data.get("customer_email") or customer.get("email") or "",
        payment_intent=intent.get("id", ""),
        intent_status=intent.get("status", ""),
        charge=expanded(intent.get("latest_charge")).get("id", ""),
        failure=problem.get("message") or "",
        confirmed=datetime.fromtimestamp(intent["created"], UTC) if "created" in intent else None,
        metadata=dict(data.get("metadata") or {}),
    )


def item_from(data: Mapping[str, Any], currency: str) -> Item:
    """Read a line item's JSON, its price's product expanded."""
    product = (data.get("price") or {}).get("product")
    metadata = product.get("metadata") if isinstance(product, Mapping) else None
    return Item(
        description=data.get("description") or "",
        quantity=data.get("quantity") or 1,
        amount=units.from_stripe(data.get("amount_total") or 0, currency),
        metadata=dict(metadata or {}),
    )


def expanded(value: Any) -> Mapping[str, Any]:
    """An object that may have come as its bare id, or not at all."""
    if isinstance(value, str):
        return {"id": value}
    return value or {}
