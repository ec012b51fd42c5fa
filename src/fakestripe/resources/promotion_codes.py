"""Promotion codes: the words a buyer or a shop redeems a coupon with."""

import string

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.pagination import Condition, listing
from fakestripe.resources.events import emit

KIND = "promotion_code"
ALLOWED = frozenset(string.ascii_letters + string.digits + "-")
NO_RESTRICTIONS = {
    "first_time_transaction": False,
    "minimum_amount": None,
    "minimum_amount_currency": None,
}


def create(bank: Bank, params: Json) -> Json:
    coupon_id = params["promotion"].get("coupon")
    if not coupon_id:
        name = "promotion[coupon]"
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    bank.find("coupon", coupon_id, "promotion[coupon]")
    if "customer" in params:
        bank.find("customer", params["customer"], "customer")
    code = bank.store.insert(
        {
            "id": ids.new("promo"),
            "object": KIND,
            "active": params.get("active", True),
            "code": new_code(bank, params),
            "created": bank.clock.today(),
            "customer": params.get("customer"),
            "customer_account": None,
            "expires_at": params.get("expires_at"),
            "livemode": False,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": merged({}, params.get("metadata")),
            "promotion": {"coupon": coupon_id, "type": "coupon"},
            "restrictions": NO_RESTRICTIONS | restrictions(params),
            "times_redeemed": 0,
        }
    )
    emit(bank, "promotion_code.created", code)
    return code


def new_code(bank: Bank, params: Json) -> str:
    """Case does not matter to buyers, so no two active codes may differ by it alone."""
    code: str = params.get("code") or ids.new("", 8)[1:].upper()
    if not set(code) <= ALLOWED:
        raise invalid("Promotion codes may only contain letters, digits and dashes.", "code")
    taken = bank.store.select(
        "type = ? AND json_extract(body, '$.active') AND lower(json_extract(body, '$.code')) = ?",
        [KIND, code.lower()],
    )
    if taken and params.get("active", True):
        raise invalid(
            f"An active promotion code with `code: {code}` already exists.", "code",
            "resource_already_exists",
        )  # fmt: skip
    return code


def restrictions(params: Json) -> Json:
    given: Json = dict(params.get("restrictions", {}))
    if given.get("currency_options"):
        name = "restrictions[currency_options]"
        raise invalid("fakestripe does not play `currency_options`.", name)
    if ("minimum_amount" in given) != ("minimum_amount_currency" in given):
        raise invalid(
            "`minimum_amount` and `minimum_amount_currency` go together.",
            "restrictions[minimum_amount_currency]",
        )
    return given


def list_(bank: Bank, params: Json) -> Json:
    filters = dict(params)
    extra: list[Condition] = []
    if coupon := filters.pop("coupon", None):
        extra.append(("json_extract(body, '$.promotion.coupon') = ?", [coupon]))
    if code := filters.pop("code", None):
        extra.append(("lower(json_extract(body, '$.code')) = ?", [code.lower()]))
    return listing(bank, KIND, "/v1/promotion_codes", filters, *extra)


def update(bank: Bank, params: Json, code_id: str) -> Json:
    code = bank.find(KIND, code_id)
    if "restrictions" in params:
        raise invalid("fakestripe does not change a code's `restrictions`.", "restrictions")
    previous = {"active": code["active"]} if "active" in params else {}
    code["active"] = params.get("active", code["active"])
    code["metadata"] = merged(code["metadata"], params.get("metadata"))
    bank.store.save(code)
    emit(bank, "promotion_code.updated", code, previous)
    return code
