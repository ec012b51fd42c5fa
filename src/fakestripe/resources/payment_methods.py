"""Payment methods: the card or account a buyer typed, as Stripe describes it afterwards."""

import hashlib

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.cards import card, expiry_parts

KIND = "payment_method"
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def new_card(bank: Bank, number: str, expiry: str, billing: Json) -> Json:
    known = card(number)
    month, year = expiry_parts(expiry)
    return new_method(
        bank,
        "card",
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
        "sepa_debit",
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


def new_method(bank: Bank, kind: str, billing: Json, parts: Json) -> Json:
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
        }
    )


def billing_details(email: str | None, name: str | None) -> Json:
    address = dict.fromkeys(ADDRESS)
    return {"address": address, "email": email, "name": name, "phone": None, "tax_id": None}


def fingerprint(number: str) -> str:
    """The same number always has the same one, and tells nothing about it."""
    return hashlib.sha256(number.encode()).hexdigest()[:16]
