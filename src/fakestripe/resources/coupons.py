"""Coupons: so much off, in percent or in money. Discount codes (`promotion_codes`) point at one."""

from decimal import Decimal

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.money import check_currency
from fakestripe.pagination import listing
from fakestripe.resources.events import emit

KIND = "coupon"

# Known to Stripe, but not played here: refused, rather than quietly left out of the sum.
UNPLAYED = ("applies_to", "currency_options")


def create(bank: Bank, params: Json) -> Json:
    check(bank, params)
    currency = params.get("currency")
    coupon = bank.store.insert(
        {
            "id": params.get("id") or ids.new("", 8)[1:],
            "object": KIND,
            "amount_off": params.get("amount_off"),
            "created": bank.clock.today(),
            "currency": check_currency(currency, "currency") if currency else None,
            "duration": params.get("duration", "once"),
            "duration_in_months": params.get("duration_in_months"),
            "livemode": False,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": merged({}, params.get("metadata")),
            "name": params.get("name"),
            "percent_off": float(params["percent_off"]) if "percent_off" in params else None,
            "redeem_by": params.get("redeem_by"),
            "times_redeemed": 0,
            "valid": True,
        }
    )
    emit(bank, "coupon.created", coupon)
    return coupon


def check(bank: Bank, params: Json) -> None:
    for name in UNPLAYED:
        if params.get(name):
            raise invalid(f"fakestripe does not play `{name}`.", name)
    if ("amount_off" in params) == ("percent_off" in params):
        raise invalid("You must pass either `amount_off` or `percent_off`.", "percent_off")
    if "amount_off" in params and "currency" not in params:
        raise invalid("You must pass `currency` when passing `amount_off`.", "currency")
    if params.get("amount_off", 1) < 1:
        raise invalid("Invalid positive integer", "amount_off", "parameter_invalid_integer")
    if not 0 < Decimal(params.get("percent_off", 1)) <= 100:
        raise invalid("Invalid percent_off: must be over 0 and at most 100.", "percent_off")
    if params.get("max_redemptions", 1) < 1:
        raise invalid("Invalid positive integer", "max_redemptions", "parameter_invalid_integer")
    if "id" in params and bank.store.get(params["id"]):
        raise invalid(f"Coupon already exists: {params['id']}", "id", "resource_already_exists")
    check_duration(params)


def check_duration(params: Json) -> None:
    repeating = params.get("duration") == "repeating"
    if repeating != ("duration_in_months" in params):
        raise invalid(
            "`duration_in_months` is required if `duration` is `repeating`, and only then.",
            "duration_in_months",
        )


def retrieve(bank: Bank, _params: Json, coupon_id: str) -> Json:
    return shown(bank, bank.find(KIND, coupon_id))


def list_(bank: Bank, params: Json) -> Json:
    page = listing(bank, KIND, "/v1/coupons", params)
    page["data"] = [shown(bank, coupon) for coupon in page["data"]]
    return page


def shown(bank: Bank, coupon: Json) -> Json:
    return coupon | {"valid": is_valid(coupon, bank.clock.now())}


def is_valid(thing: Json, now: float) -> bool:
    """Whether a coupon, or a promotion code, can still be redeemed."""
    most, end = thing["max_redemptions"], thing.get("redeem_by") or thing.get("expires_at")
    return (most is None or thing["times_redeemed"] < most) and (end is None or now < end)


def update(bank: Bank, params: Json, coupon_id: str) -> Json:
    coupon = bank.find(KIND, coupon_id)
    previous = {"name": coupon["name"]} if "name" in params else {}
    for name in previous:
        coupon[name] = params[name] or None
    coupon["metadata"] = merged(coupon["metadata"], params.get("metadata"))
    bank.store.save(coupon)
    emit(bank, "coupon.updated", coupon, previous)
    return shown(bank, coupon)


def delete(bank: Bank, _params: Json, coupon_id: str) -> Json:
    """What has been discounted with it stays as it is."""
    coupon = bank.find(KIND, coupon_id)
    bank.store.delete(coupon_id)
    emit(bank, "coupon.deleted", coupon)
    return {"id": coupon_id, "object": KIND, "deleted": True}
