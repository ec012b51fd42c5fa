"""Shipping rates: ways to ship that a session offers, each with its price."""

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.money import check_currency
from fakestripe.pagination import Condition, listing

KIND = "shipping_rate"


def create(bank: Bank, params: Json) -> Json:
    return new_rate(bank, params, "fixed_amount")


def new_rate(bank: Bank, data: Json, path: str) -> Json:
    """`path` names the price in an error."""
    fixed = data.get("fixed_amount")
    if fixed is None:
        raise invalid(f"Missing required param: {path}.", path, "parameter_missing")
    if fixed["amount"] < 0:
        raise invalid("A shipping rate's `fixed_amount` is 0 or more.", path)
    if fixed.get("currency_options"):
        raise invalid("fakestripe does not play `currency_options`.", path)
    return bank.store.insert(
        {
            "id": ids.new("shr"),
            "object": KIND,
            "active": True,
            "created": bank.clock.today(),
            "delivery_estimate": data.get("delivery_estimate"),
            "display_name": data["display_name"],
            "fixed_amount": {
                "amount": fixed["amount"],
                "currency": check_currency(fixed["currency"], path),
            },
            "livemode": False,
            "metadata": merged({}, data.get("metadata")),
            "tax_behavior": data.get("tax_behavior", "unspecified"),
            "tax_code": data.get("tax_code"),
            "type": "fixed_amount",
        }
    )


def list_(bank: Bank, params: Json) -> Json:
    filters = dict(params)
    extra: list[Condition] = []
    if currency := filters.pop("currency", None):
        extra.append(("json_extract(body, '$.fixed_amount.currency') = ?", [currency.lower()]))
    return listing(bank, KIND, "/v1/shipping_rates", filters, *extra)


def update(bank: Bank, params: Json, rate_id: str) -> Json:
    """Only what Stripe lets change: a price is archived and made anew."""
    rate = bank.find(KIND, rate_id)
    if "fixed_amount" in params:
        raise invalid("fakestripe does not play `currency_options`.", "fixed_amount")
    for name in ("active", "tax_behavior"):
        rate[name] = params.get(name, rate[name])
    rate["metadata"] = merged(rate["metadata"], params.get("metadata"))
    return bank.store.save(rate)


def offer(bank: Bank, params: Json, currency: str) -> list[Json]:
    """The ways to ship that a session offers; the first is the one chosen."""
    return [
        option_from(bank, option, currency, f"shipping_options[{n}]")
        for n, option in enumerate(params.get("shipping_options", []))
    ]


def option_from(bank: Bank, option: Json, currency: str, path: str) -> Json:
    if ("shipping_rate" in option) == ("shipping_rate_data" in option):
        raise invalid("You must specify either `shipping_rate` or `shipping_rate_data`.", path)
    if "shipping_rate" in option:
        place = f"{path}[shipping_rate]"
        rate = bank.find(KIND, option["shipping_rate"], place)
    else:
        place = f"{path}[shipping_rate_data][fixed_amount]"
        rate = new_rate(bank, option["shipping_rate_data"], place)
    fixed = rate["fixed_amount"]
    if not rate["active"] or fixed["currency"] != currency:
        raise invalid(f"A session in {currency} takes active shipping rates in {currency}.", place)
    return {"shipping_amount": fixed["amount"], "shipping_rate": rate["id"]}


def choose(session: Json, options: list[Json]) -> None:
    """Ships the first way, and adds its price to the total."""
    amount = options[0]["shipping_amount"]
    session["shipping_options"] = options
    session["shipping_cost"] = {
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "shipping_rate": options[0]["shipping_rate"],
    }
    session["total_details"]["amount_shipping"] = amount
    session["amount_total"] += amount
