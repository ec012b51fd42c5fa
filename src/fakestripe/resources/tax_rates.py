"""Tax rates: a percentage that the lines of a session may carry, inside or on top of the price."""

from decimal import ROUND_HALF_UP, Decimal

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.pagination import listing
from fakestripe.resources.events import emit

KIND = "tax_rate"
EDITABLE = (
    "active", "country", "description", "display_name", "jurisdiction", "state", "tax_type",
)  # fmt: skip


def create(bank: Bank, params: Json) -> Json:
    rate = bank.store.insert(
        {
            "id": ids.new("txr"),
            "object": KIND,
            "active": params.get("active", True),
            "country": params.get("country"),
            "created": bank.clock.today(),
            "description": params.get("description"),
            "display_name": params["display_name"],
            "effective_percentage": None,
            "flat_amount": None,
            "inclusive": params["inclusive"],
            "jurisdiction": params.get("jurisdiction"),
            "jurisdiction_level": None,
            "livemode": False,
            "metadata": merged({}, params.get("metadata")),
            "percentage": percentage(params["percentage"]),
            "rate_type": "percentage",
            "state": params.get("state"),
            "tax_type": params.get("tax_type"),
        }
    )
    emit(bank, "tax_rate.created", rate)
    return rate


def percentage(text: str) -> float:
    """Up to four decimals, as at Stripe."""
    exact = Decimal(text)
    if not 0 <= exact <= 100 or exact != round(exact, 4):
        raise invalid(
            "Invalid percentage: must be between 0 and 100, with up to 4 decimals.", "percentage"
        )
    return float(exact)


def list_(bank: Bank, params: Json) -> Json:
    return listing(bank, KIND, "/v1/tax_rates", params)


def update(bank: Bank, params: Json, rate_id: str) -> Json:
    rate = bank.find(KIND, rate_id)
    previous = {name: rate[name] for name in EDITABLE if name in params}
    for name in previous:
        rate[name] = params[name] if params[name] != "" else None
    rate["metadata"] = merged(rate["metadata"], params.get("metadata"))
    bank.store.save(rate)
    emit(bank, "tax_rate.updated", rate, previous)
    return rate


def tax_line(bank: Bank, line: Json, rate_ids: list[str], path: str) -> None:
    """Puts the tax of its rates on a line whose discount is taken off already. Inclusive rates
    are part of the total, exclusive ones are added to it."""
    rates = [bank.find(KIND, rate_id, f"{path}[tax_rates]") for rate_id in rate_ids]
    for rate in rates:
        if not rate["active"]:
            raise invalid(f"Tax rate {rate['id']} is not active.", f"{path}[tax_rates]")
    inside = [Decimal(str(rate["percentage"])) for rate in rates if rate["inclusive"]]
    on_top = [Decimal(str(rate["percentage"])) for rate in rates if not rate["inclusive"]]
    total = line["amount_total"]
    included = sum(rounded(total * part / (100 + sum(inside))) for part in inside)
    added = sum(rounded((total - included) * part / 100) for part in on_top)
    line["amount_tax"] = included + added
    line["amount_total"] = total + added


def rounded(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
