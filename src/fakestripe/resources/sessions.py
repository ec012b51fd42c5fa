"""Checkout sessions: an offer to pay, open for a while, complete or expired after that."""

from typing import Any

from fakestripe import Json, agenda, ids
from fakestripe.addresses import is_absolute
from fakestripe.bank import Bank
from fakestripe.discounting import discount, redeem
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.money import check_total
from fakestripe.pagination import listing
from fakestripe.resources import customers, line_items, shipping_rates
from fakestripe.resources.events import emit

KIND = "checkout.session"
SHORTEST = 30 * 60
LONGEST = 24 * 60 * 60

# Known to Stripe, but not played here: refused, rather than quietly left out of the sum.
UNPLAYED = (
    "after_expiration", "custom_fields", "invoice_creation", "optional_items",
    "setup_intent_data", "shipping_address_collection", "subscription_data", "tax_id_collection",
)  # fmt: skip


def create(bank: Bank, params: Json) -> Json:
    check_mode(params)
    refuse_unplayed(params)
    lines = line_items.freeze(bank, params)
    discounts = discount(bank, params, lines)
    line_items.add_taxes(bank, params, lines)
    currency = lines[0]["currency"]
    shipping = shipping_rates.offer(bank, params, currency)
    session = new_session(bank, params, currency, lines)
    session["expires_at"] = expiry_from(bank, params)
    session["discounts"] = discounts
    if shipping:
        shipping_rates.choose(session, shipping)
    check_total(session["amount_total"], currency)
    hidden = {"line_items": lines, "payment_intent_data": params.get("payment_intent_data", {})}
    bank.store.insert(session, hidden)
    agenda.arrange(bank, session["expires_at"], "expire", session["id"])
    return session


def check_mode(params: Json) -> None:
    if params.get("mode", "payment") != "payment":
        raise invalid("fakestripe only plays `mode=payment`.", "mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid("fakestripe only plays `ui_mode=hosted_page`.", "ui_mode")
    for name in ("success_url", "cancel_url"):
        if name in params and not is_absolute(params[name]):
            raise invalid("Not a valid URL", name, "url_invalid")
    for name in ("success_url", "line_items"):
        if not params.get(name):
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    if "customer" in params and "customer_email" in params:
        raise invalid(
            "You may only specify one of these parameters: customer, customer_email.", "customer"
        )


def refuse_unplayed(params: Json) -> None:
    for name in UNPLAYED:
        if params.get(name):
            raise invalid(f"fakestripe does not play `{name}` yet.", name)
    if params.get("automatic_tax", {}).get("enabled"):
        raise invalid("fakestripe computes no tax: `automatic_tax` must be off.", "automatic_tax")


def expiry_from(bank: Bank, params: Json) -> int:
    """When the session expires: 30 minutes to 24 hours from now, by default the latter."""
    now = bank.clock.today()
    expires_at: int = params.get("expires_at", now + LONGEST)
    if expires_at < now + SHORTEST:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
            "creation.",
            "expires_at",
        )
    if expires_at > now + LONGEST:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            "expires_at",
        )
    return expires_at


def method_types(params: Json, currency: str) -> list[str]:
    """What Stripe would offer by itself, narrowed by what the shop allows or excludes."""
    offered = ["card", "sepa_debit"] if currency == "eur" else ["card"]
    allowed = params.get("allowed_payment_method_types", offered)
    excluded = params.get("excluded_payment_method_types", [])
    kinds = [kind for kind in offered if kind in allowed and kind not in excluded]
    if not kinds:
        raise invalid(
            "No valid payment method types for this Checkout Session.",
            "allowed_payment_method_types",
        )
    return kinds


def new_session(bank: Bank, params: Json, currency: str, lines: list[Json]) -> Json:
    session_id = ids.new("cs_test", 58)
    if "customer" in params:
        bank.find("customer", params["customer"], "customer")
    settings = {name: params.get(name) for name in PASSED_THROUGH}
    return settings | sums(lines) | {
        "id": session_id,
        "object": KIND,
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "automatic_tax": {
            "enabled": False, "liability": None, "provider": None, "status": None
        },
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "created": bank.clock.today(),
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": custom_text(params.get("custom_text", {})),
        "customer_creation": None if "customer" in params else creation(params),
        "customer_details": None,
        "discounts": [],
        "invoice": None,
        "invoice_creation": {"enabled": False, "invoice_data": EMPTY_INVOICE_DATA},
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": merged({}, params.get("metadata")),
        "mode": "payment",
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": method_types(params, currency),
        "payment_status": "unpaid",
        "phone_number_collection": params.get("phone_number_collection") or {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "subscription": None,
        "ui_mode": "hosted_page",
        "url": f"{bank.settings.base_url}/c/pay/{session_id}",
        "wallet_options": None,
    }  # fmt: skip


def sums(lines: list[Json]) -> Json:
    """What the lines come to; shipping is added when it is chosen."""

    def total(name: str) -> int:
        return sum(line[name] for line in lines)

    return {
        "amount_subtotal": total("amount_subtotal"),
        "amount_total": total("amount_total"),
        "total_details": {
            "amount_discount": total("amount_discount"),
            "amount_shipping": 0,
            "amount_tax": total("amount_tax"),
        },
    }


# Shown in the session just as the shop gave them.
PASSED_THROUGH = (
    "allow_promotion_codes", "billing_address_collection", "cancel_url", "client_reference_id",
    "consent_collection", "customer", "customer_account", "customer_email",
    "integration_identifier", "locale", "origin_context", "permissions", "submit_type",
    "success_url",
)  # fmt: skip

EMPTY_INVOICE_DATA: Json = {
    "account_tax_ids": None, "custom_fields": None, "description": None, "footer": None,
    "issuer": None, "metadata": {}, "rendering_options": None,
}  # fmt: skip


def custom_text(given: Json) -> Json:
    places = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {place: given.get(place) or None for place in places}


def creation(params: Json) -> str:
    chosen: str = params.get("customer_creation", "if_required")
    return chosen


def list_(bank: Bank, params: Json) -> Json:
    filters = dict(params)
    extra: list[tuple[str, list[Any]]] = []
    if details := filters.pop("customer_details", None):
        extra.append(("json_extract(body, '$.customer_details.email') = ?", [details["email"]]))
    return listing(bank, KIND, "/v1/checkout/sessions", filters, *extra)


def update(bank: Bank, params: Json, session_id: str) -> Json:
    session = bank.find(KIND, session_id)
    for name in params:
        if name not in ("metadata", "expand"):
            raise invalid("fakestripe only updates a session's `metadata`.", name)
    session["metadata"] = merged(session["metadata"], params.get("metadata"))
    return bank.store.save(session)


def complete(bank: Bank, session: Json, method: Json, payment_status: str) -> None:
    """The buyer has confirmed: `paid`, or `unpaid` while a debit is on its way."""
    agenda.call_off(bank, session["id"])
    buyer = method["billing_details"]
    if session["customer_creation"] == "always":
        given = {"email": buyer["email"], "name": buyer["name"]}
        session["customer"] = customers.create(bank, given)["id"]
    session.update(
        status="complete",
        payment_status=payment_status,
        url=None,
        customer_details={
            "address": buyer["address"],
            "business_name": None,
            "email": buyer["email"],
            "individual_name": None,
            "name": buyer["name"],
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    )
    bank.store.save(session)
    redeem(bank, session)
    emit(bank, "checkout.session.completed", session)
