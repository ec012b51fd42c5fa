"""Discounts of a checkout session: one coupon or promotion code, taken off its lines."""

from decimal import ROUND_HALF_UP, Decimal

from fakestripe import Json
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.resources.coupons import is_valid


def discount(bank: Bank, params: Json, lines: list[Json]) -> list[Json]:
    """Takes the session's discount off its lines and returns the session's `discounts`.

    Money off is shared among the lines by their amounts, to the smallest unit (largest remainder).
    """
    given = params.get("discounts") or []
    if not given:
        return []
    if len(given) > 1:
        raise invalid("You can only pass one discount to a Checkout Session.", "discounts")
    if ("coupon" in given[0]) == ("promotion_code" in given[0]):
        raise invalid("A discount is either a `coupon` or a `promotion_code`.", "discounts[0]")
    if params.get("allow_promotion_codes"):
        raise invalid(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            "discounts",
        )
    code = code_of(bank, given[0], params.get("customer"), lines)
    coupon = coupon_of(bank, code["promotion"]["coupon"] if code else given[0]["coupon"])
    amounts = [line["amount_subtotal"] for line in lines]
    off = amount_off(coupon, sum(amounts), lines[0]["currency"])
    for line, part in zip(lines, shares(off, amounts), strict=True):
        line["amount_discount"] = part
        line["amount_total"] -= part
    return [{"coupon": coupon["id"], "promotion_code": code["id"] if code else None}]


def code_of(bank: Bank, given: Json, customer: str | None, lines: list[Json]) -> Json | None:
    """The promotion code that was given, if one was, and if it may be used here and now."""
    if "promotion_code" not in given:
        return None
    code = bank.find("promotion_code", given["promotion_code"], "discounts[0][promotion_code]")
    limits = code["restrictions"]
    total = sum(line["amount_subtotal"] for line in lines)
    least, currency = limits["minimum_amount"] or 0, limits["minimum_amount_currency"]
    fits = not least or (currency == lines[0]["currency"] and total >= least)
    belongs = code["customer"] in (None, customer)
    if not (code["active"] and is_valid(code, bank.clock.now()) and fits and belongs):
        raise unusable("This promotion code cannot be redeemed.", "promotion_code")
    return code


def coupon_of(bank: Bank, coupon_id: str) -> Json:
    coupon = bank.find("coupon", coupon_id, "discounts[0][coupon]")
    if not is_valid(coupon, bank.clock.now()):
        raise unusable(f"Coupon {coupon_id} is used up or expired.", "coupon")
    return coupon


def unusable(message: str, name: str) -> Exception:
    return invalid(message, f"discounts[0][{name}]", "coupon_expired")


def amount_off(coupon: Json, total: int, currency: str) -> int:
    """In smallest units; never more than there is to pay."""
    if coupon["percent_off"] is not None:
        exact = total * Decimal(str(coupon["percent_off"])) / 100
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    if coupon["currency"] != currency:
        raise invalid(
            f"The coupon is in {coupon['currency']} and the session in {currency}.",
            "discounts[0][coupon]",
        )
    return min(int(coupon["amount_off"]), total)


def shares(off: int, amounts: list[int]) -> list[int]:
    """`off` divided in proportion to `amounts`, exactly: the largest remainders get the rest."""
    total = sum(amounts)
    if not total:
        return [0] * len(amounts)
    parts = [off * amount // total for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda n: -(off * amounts[n] % total))
    for place in by_remainder[: off - sum(parts)]:
        parts[place] += 1
    return parts


def redeem(bank: Bank, session: Json) -> None:
    """A session was completed: its coupon and code have been used once more."""
    for entry in session["discounts"]:
        for used in filter(None, (entry["coupon"], entry["promotion_code"])):
            thing = bank.store.get(used)
            if thing is not None:
                bank.store.save(thing | {"times_redeemed": thing["times_redeemed"] + 1})
