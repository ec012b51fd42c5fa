"""Shipping rates: ways to ship that a session offers, each with its price."""

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.money import check_currency


def offer(bank: Bank, params: Json, currency: str) -> list[Json]:
    """The ways to ship that a session offers; the first is the one chosen."""
    return [
        option_from(bank, option, currency, f"shipping_options[{n}]")
        for n, option in enumerate(params.get("shipping_options", []))
    ]


def option_from(bank: Bank, option: Json, currency: str, path: str) -> Json:
    data = option.get("shipping_rate_data")
    if data is None:
        raise invalid("fakestripe makes shipping rates from `shipping_rate_data` only.", path)
    fixed = data.get("fixed_amount")
    if fixed is None or check_currency(fixed["currency"], path) != currency or fixed["amount"] < 0:
        message = f"A shipping rate needs a `fixed_amount` of 0 or more in {currency}."
        raise invalid(message, f"{path}[shipping_rate_data][fixed_amount]")
    rate = bank.store.insert(
        {
            "id": ids.new("shr"),
            "object": "shipping_rate",
            "active": True,
            "created": bank.clock.today(),
            "delivery_estimate": data.get("delivery_estimate"),
            "display_name": data["display_name"],
            "fixed_amount": {"amount": fixed["amount"], "currency": currency},
            "livemode": False,
            "metadata": merged({}, data.get("metadata")),
            "tax_behavior": data.get("tax_behavior", "unspecified"),
            "tax_code": data.get("tax_code"),
            "type": "fixed_amount",
        }
    )
    return {"shipping_amount": fixed["amount"], "shipping_rate": rate["id"]}


def choose(session: Json, options: list[Json]) -> None:
    amount = options[0]["shipping_amount"]
    session["shipping_options"] = options
    session["shipping_cost"] = {
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "shipping_rate": options[0]["shipping_rate"],
    }
    session["total_details"]["amount_shipping"] = amount
