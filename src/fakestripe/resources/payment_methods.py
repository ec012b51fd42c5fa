"""Payment methods: the card or account a buyer typed, as Stripe describes it afterwards.

The number itself is hidden: it decides what happens when the method is charged.
"""

import hashlib
from typing import Any

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.cards import card, digits, expiry_parts, named
from fakestripe.errors import ApiError, invalid
from fakestripe.metadata import merged
from fakestripe.pagination import Condition, listing
from fakestripe.resources.events import emit

KIND = "payment_method"
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
FUTURE = "12/34"


def create(bank: Bank, params: Json) -> Json:
    billing = filled(billing_details(None, None), params.get("billing_details") or {})
    kind = params.get("type")
    if kind == "card":
        number, expiry = typed_card(params.get("card") or {})
        method = new_card(bank, number, expiry, billing)
    elif kind == "sepa_debit":
        account = params.get("sepa_debit", {}).get("iban")
        if not account:
            raise missing("sepa_debit[iban]")
        method = new_debit(bank, digits(account), billing)
    else:
        raise invalid("fakestripe plays the types `card` and `sepa_debit`.", "type")
    method["metadata"] = merged({}, params.get("metadata"))
    method["allow_redisplay"] = params.get("allow_redisplay", "unspecified")
    return bank.store.save(method)


def typed_card(given: Json) -> tuple[str, str]:
    """Number and expiry of a card given by token or by number."""
    if "token" in given:
        number = named(given["token"])
        if number is None:
            raise invalid(f"No such token: '{given['token']}'", "card[token]", "resource_missing")
        return number, FUTURE
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise missing(f"card[{name}]")
    return digits(given["number"]), f"{given['exp_month']:02}/{given['exp_year']}"


def missing(name: str) -> ApiError:
    return invalid(f"Missing required param: {name}.", name, "parameter_missing")


def filled(billing: Json, given: Json) -> Json:
    """Billing details with what was given put in; an emptied field becomes null."""
    address = billing["address"] | {k: v or None for k, v in (given.get("address") or {}).items()}
    rest = {name: given[name] or None for name in given if name != "address"}
    return billing | rest | {"address": address}


def usable(bank: Bank, name: str, param: str = "payment_method") -> Json:
    """The method of this id; a ready-made one (`pm_card_visa`) is made now."""
    number = named(name) if name.startswith("pm_card_") else None
    if number is not None:
        return new_card(bank, number, FUTURE, billing_details(None, None))
    return bank.find(KIND, name, param)


def retrieve(bank: Bank, _params: Json, method_id: str) -> Json:
    return usable(bank, method_id, "payment_method")


def list_(bank: Bank, params: Json) -> Json:
    """Those attached to a customer; without one, as at Stripe, those of the shop itself: none."""
    extra: list[Condition] = [] if "customer" in params else [("FALSE", [])]
    return listing(bank, KIND, "/v1/payment_methods", params, *extra)


def update(bank: Bank, params: Json, method_id: str) -> Json:
    method = bank.find(KIND, method_id)
    if method["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.")
    for name in ("allow_redisplay", "billing_details", "card"):
        if name in params:
            method[name] = changed(method[name], params[name])
    method["metadata"] = merged(method["metadata"], params.get("metadata"))
    bank.store.save(method)
    emit(bank, "payment_method.updated", method, {})
    return method


def changed(before: Any, given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    return filled(before, given) if "address" in before else before | given


def attach(bank: Bank, params: Json, method_id: str) -> Json:
    if "customer" not in params:
        raise missing("customer")
    bank.find("customer", params["customer"], "customer")
    method = usable(bank, method_id)
    if method["customer"] not in (None, params["customer"]):
        raise invalid("The payment method you provided has already been attached to a customer.")
    return moved(bank, method, params["customer"], "payment_method.attached")


def detach(bank: Bank, _params: Json, method_id: str) -> Json:
    method = bank.find(KIND, method_id)
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so cannot "
                      "be detached.")  # fmt: skip
    return moved(bank, method, None, "payment_method.detached")


def moved(bank: Bank, method: Json, customer: str | None, event: str) -> Json:
    previous = {"customer": method["customer"]} if customer is None else None
    method["customer"] = customer
    bank.store.save(method)
    emit(bank, event, method, previous)
    return method


def number_of(bank: Bank, method: Json) -> str:
    number: str = bank.store.hidden(method["id"])["number"]
    return number


def new_card(bank: Bank, number: str, expiry: str, billing: Json) -> Json:
    known = card(number)
    month, year = expiry_parts(expiry)
    return new_method(
        bank,
        ("card", number),
        billing,
        {
            "brand": known.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": known.country,
            "display_brand": known.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": fingerprint(number),
            "funding": "credit",
            "generated_from": None,
            "last4": number[-4:],
            "networks": {"available": [known.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
    )


def new_debit(bank: Bank, account: str, billing: Json) -> Json:
    return new_method(
        bank,
        ("sepa_debit", account),
        billing,
        {
            "bank_code": account[4:12],
            "branch_code": "",
            "country": account[:2],
            "fingerprint": fingerprint(account),
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": account[-4:],
        },
    )


def new_method(bank: Bank, given: tuple[str, str], billing: Json, parts: Json) -> Json:
    """`given` is the kind of method and its number."""
    kind, number = given
    return bank.store.insert(
        {
            "id": ids.new("pm"),
            "object": KIND,
            "allow_redisplay": "limited",
            "billing_details": billing,
            "created": bank.clock.today(),
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": kind,
            kind: parts,
        },
        hidden={"number": number},
    )


def billing_details(email: str | None, name: str | None) -> Json:
    address = dict.fromkeys(ADDRESS)
    return {"address": address, "email": email, "name": name, "phone": None, "tax_id": None}


def fingerprint(number: str) -> str:
    """The same number always has the same one, and tells nothing about it."""
    return hashlib.sha256(number.encode()).hexdigest()[:16]
