"""What tests about money share: a small shop, a buyer, and a bank that answers from memory.

The bank stands in for `payments.stripe.Stripe` where the wire does not matter; the stories use the
real client against fakestripe.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from bodega.cart import changing
from bodega.cart.models import Cart
from bodega.catalog.models import Product, Stock, Variant
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant, Page
from bodega.orders.models import Order
from bodega.outbox.testing import drain
from bodega.payments import stripe
from bodega.payments.reversals import BankDispute, BankRefund, dispute_from, refund_from
from bodega.payments.sessions import Item, Session, item_from, session_from
from bodega.payments.settling import settle
from bodega.shipping.models import Band, Method, Zone, ZoneCountry
from bodega.taxes.models import TaxClass, TaxRate

ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "street": "Torstr. 1",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
    "billing_same": "on",
    "terms": "on",
}


def open_shop() -> Merchant:
    """Germany (parcel 490, express 990) and the US (parcel 1990); VAT 19 % and sales tax in CA."""
    merchant = Merchant.objects.create(pk=1, name="Prints", country="DE", currency="EUR")
    Page.objects.create(kind=Page.Kind.TERMS, title="Terms", slug="terms", body="Be kind.")
    standard = TaxClass.objects.create(code="standard", name="Standard")
    TaxRate.objects.create(tax_class=standard, country="DE", ppm=190_000)
    TaxRate.objects.create(
        tax_class=standard, country="US", region="CA", name="Sales tax", ppm=72_500
    )
    for country, prices in {"DE": [490, 990], "US": [1990]}.items():
        zone = Zone.objects.create(name=country)
        ZoneCountry.objects.create(zone=zone, country=country)
        for position, price in enumerate(prices):
            name = ("Parcel", "Express")[position]
            method = Method.objects.create(zone=zone, name=name, position=position)
            Band.objects.create(method=method, price=price)
    return merchant


def stocked(sku: str = "DUNES", *, price: int = 2500, on_hand: int = 10) -> Variant:
    """A variant that can be bought."""
    product = Product.objects.create(
        title=sku.title(), slug=sku.lower(), status=Product.Status.ACTIVE
    )
    variant = Variant.objects.create(
        product=product, sku=sku, title="A3 / oak", price=price, weight=500
    )
    Stock.objects.update_or_create(variant=variant, defaults={"on_hand": on_hand})
    return variant


@dataclass
class Buyer:
    """Somebody with a browser without JavaScript."""

    client: Client
    cart: Cart

    @classmethod
    def with_cart(cls, variant: Variant, quantity: int = 1, now: datetime | None = None) -> "Buyer":
        cart = changing.add("", variant.pk, quantity, now or datetime.now(UTC))
        client = Client(raise_request_exception=True)
        client.cookies["cart"] = cart.token
        return cls(client, cart)

    def form(self) -> dict[str, str]:
        """The checkout page's hidden fields and preselected method, and an address."""
        response = self.client.get("/checkout/")
        assert response.status_code == 200, response
        words = response.context
        method = words["bill"].method
        return {
            **ADDRESS,
            "checkout_key": words["checkout_key"],
            "total": str(words["bill"].totals.total),
            "code": words["form"]["code"].value() or "",
            "method": str(method.method_id) if method else "",
        }

    def order(self, **changes: str) -> Any:
        """Fill the form in and post it; `changes` on top of what is usual."""
        return self.client.post("/checkout/", self.form() | changes)


@dataclass
class MemoryBank:
    """Stripe as far as the shop calls it, in a dictionary."""

    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    returned: dict[str, dict[str, Any]] = field(default_factory=dict)
    disputed: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost_answers: int = 0
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failures:
            raise self.failures.pop(0)

    def create_session(self, params: Mapping[str, Any], *, key: str) -> Session:
        self._called("create")
        return self.make(params, key)

    def make(self, params: Mapping[str, Any], key: str) -> Session:
        """The effect of a call, whatever becomes of its answer."""
        if key not in self.keys:
            number = len(self.sessions) + 1
            lines = params["line_items"]
            self.keys[key] = f"cs_test_{number}"
            self.sessions[self.keys[key]] = {
                "id": self.keys[key],
                "object": "checkout.session",
                "status": "open",
                "payment_status": "unpaid",
                "amount_total": sum(
                    line["quantity"] * line["price_data"]["unit_amount"] for line in lines
                ),
                "currency": lines[0]["price_data"]["currency"],
                "livemode": False,
                "created": int(datetime.now(UTC).timestamp()),
                "expires_at": params["expires_at"],
                "url": f"https://bank.example/{number}",
                "client_reference_id": params["client_reference_id"],
                "customer_email": params["customer_email"],
                "metadata": params["metadata"],
                "payment_intent": None,
                "lines": lines,
            }
        return session_from(self.sessions[self.keys[key]])

    def session(self, session_id: str) -> Session:
        self._called("retrieve")
        return self.look(session_id)

    def look(self, session_id: str) -> Session:
        if session_id not in self.sessions:
            raise stripe.StripeRefused(f"No such checkout.session: {session_id}")
        return session_from(self.sessions[session_id])

    def items(self, session: Session) -> list[Item]:
        self._called("items")
        return [
            item_from(
                {
                    "description": line["price_data"]["product_data"]["name"],
                    "quantity": line["quantity"],
                    "amount_total": line["quantity"] * line["price_data"]["unit_amount"],
                    "price": {"product": line["price_data"]["product_data"]},
                },
                session.currency,
            )
            for line in self.sessions[session.id]["lines"]
        ]

    def expire_session(self, session_id: str) -> Session:
        self._called("expire")
        if session_id in self.sessions and self.sessions[session_id]["status"] == "open":
            self.sessions[session_id]["status"] = "expired"
        return self.look(session_id)

    def session_of(self, payment_intent: str) -> Session | None:
        self._called("session_of")
        intents = {key: each["payment_intent"] or {} for key, each in self.sessions.items()}
        found = (key for key, intent in intents.items() if intent.get("id") == payment_intent)
        return next((self.look(key) for key in found), None)

    def create_refund(self, params: Mapping[str, Any], *, key: str) -> BankRefund:
        self._called("refund")
        with self.mutex:
            made = self.give_back(params, key)
        if self.lost_answers:
            self.lost_answers -= 1
            raise stripe.StripeUnreachable("the connection was closed")
        return made

    def give_back(self, params: Mapping[str, Any], key: str = "") -> BankRefund:
        """The effect of a refund, made by the shop or (without a key) in the dashboard."""
        intent = params["payment_intent"]
        if key not in self.keys or not key:
            paid = next(
                s for s in self.sessions.values() if (s["payment_intent"] or {}).get("id") == intent
            )
            alive = [
                r
                for r in self.returned.values()
                if r["payment_intent"] == intent and r["status"] != "failed"
            ]
            if params["amount"] > paid["amount_total"] - sum(each["amount"] for each in alive):
                raise stripe.StripeRefused(
                    "Refund amount is greater than unrefunded amount on charge"
                )
            refund_id = f"re_{len(self.returned) + 1}"
            self.keys[key or refund_id] = refund_id
            self.returned[refund_id] = {
                "id": refund_id,
                "status": "succeeded",
                "charge": "ch_1",
                "currency": paid["currency"],
                "created": int(datetime.now(UTC).timestamp()),
                "metadata": {},
                **params,
            }
        return refund_from(self.returned[self.keys[key or refund_id]])

    def refund(self, refund_id: str) -> BankRefund:
        self._called("look at refund")
        if refund_id not in self.returned:
            raise stripe.StripeRefused(f"No such refund: {refund_id}")
        return refund_from(self.returned[refund_id])

    def refunds(self, **which: Any) -> Iterator[BankRefund]:
        self._called("refunds")
        for each in reversed(list(self.returned.values())):
            if all(each[name] == wanted for name, wanted in which.items()):
                yield refund_from(each)

    def dispute(self, dispute_id: str) -> BankDispute:
        self._called("dispute")
        if dispute_id not in self.disputed:
            raise stripe.StripeRefused(f"No such dispute: {dispute_id}")
        return dispute_from(self.disputed[dispute_id])

    # What happens at the bank, not by the shop.

    def send_back(self, refund_id: str) -> BankRefund:
        """The customer's bank does not take the refund."""
        self.returned[refund_id] |= {
            "status": "failed",
            "failure_reason": "expired_or_canceled_card",
        }
        return refund_from(self.returned[refund_id])

    def complain(self, payment_intent: str, **values: Any) -> BankDispute:
        """The customer's bank asks the payment back, and takes the money at once."""
        told = {
            "id": "du_1",
            "status": "needs_response",
            "reason": "product_not_received",
            "amount": 5490,
            "currency": "eur",
            "payment_intent": payment_intent,
            "charge": "ch_1",
            "created": 1_790_000_000,
            "livemode": False,
            "evidence_details": {"due_by": 1_790_777_000},
            "balance_transactions": [{"amount": -5490}],
        }
        dispute = self.disputed.setdefault("du_1", told)
        dispute |= values
        return dispute_from(dispute)

    def pay(self, session_id: str, **values: Any) -> None:
        """The customer pays; `values` change what Stripe then says."""
        intent = {"id": f"pi_{session_id}", "status": "succeeded", "latest_charge": "ch_1"}
        self.sessions[session_id] |= {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": intent,
            **values,
        }

    def debit(self, session_id: str) -> None:
        """The customer orders a direct debit, which takes days."""
        intent = {"id": f"pi_{session_id}", "status": "processing"}
        unpaid = {"status": "complete", "payment_status": "unpaid", "payment_intent": intent}
        self.sessions[session_id] |= unpaid

    def bounce(self, session_id: str) -> None:
        """The direct debit comes to nothing."""
        self.sessions[session_id]["payment_intent"] = {
            "id": f"pi_{session_id}",
            "status": "requires_payment_method",
            "last_payment_error": {"message": "Insufficient funds."},
        }


@pytest.fixture
def merchant(db: None) -> Merchant:
    return open_shop()


@pytest.fixture
def variant(merchant: Merchant) -> Variant:
    return stocked()


@pytest.fixture
def buyer(variant: Variant) -> Buyer:
    """Two of `variant` in the cart."""
    return Buyer.with_cart(variant, 2)


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> MemoryBank:
    """Every way to Stripe leads here."""
    memory = MemoryBank()
    monkeypatch.setattr(stripe, "client", lambda *, hurry=False: memory)
    return memory


@pytest.fixture
def order(buyer: Buyer, bank: MemoryBank) -> Order:
    """An order that waits for money, its session open at the bank."""
    response: HttpResponse = buyer.order()
    assert response.status_code == 303, response.content
    return Order.objects.get()


@pytest.fixture
def paid(order: Order, bank: MemoryBank) -> Order:
    """The order, paid: two at 2500 and shipping 490, in one payment of 5490."""
    bank.pay("cs_test_1")
    return settle("cs_test_1", now=utc_now())


__all__ = ["bank", "buyer", "drain", "merchant", "order", "paid", "variant"]
