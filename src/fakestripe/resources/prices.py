"""Prices: how much one of a product costs, once, in one currency."""

from decimal import Decimal

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.money import check_currency
from fakestripe.pagination import Condition, listing
from fakestripe.resources import products
from fakestripe.resources.events import emit

KIND = "price"


def create(bank: Bank, params: Json) -> Json:
    price = new_price(bank, params, "")
    emit(bank, "price.created", price)
    return price


def new_price(bank: Bank, params: Json, path: str, active: bool = True) -> Json:
    """A price from `price` parameters or from a line's `price_data` (whose name is `path`)."""
    refuse_recurring(params, path)
    amount = unit_amount(params, path)
    return bank.store.insert(
        {
            "id": ids.new("price"),
            "object": KIND,
            "active": params.get("active", active),
            "billing_scheme": "per_unit",
            "created": bank.clock.today(),
            "currency": check_currency(params["currency"], named(path, "currency")),
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": params.get("lookup_key"),
            "metadata": merged({}, params.get("metadata")),
            "nickname": params.get("nickname"),
            "product": product_of(bank, params, path),
            "recurring": None,
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": amount,
            "unit_amount_decimal": str(amount),
        }
    )


def named(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def refuse_recurring(params: Json, path: str) -> None:
    for name in ("recurring", "tiers", "custom_unit_amount", "transform_quantity"):
        if params.get(name):
            raise invalid(f"fakestripe only plays one-time prices: no {name}.", named(path, name))


def unit_amount(params: Json, path: str) -> int:
    if "unit_amount" in params:
        amount = int(params["unit_amount"])
    elif "unit_amount_decimal" in params:
        exact = Decimal(params["unit_amount_decimal"])
        if exact != exact.to_integral_value():
            message = "fakestripe only plays whole smallest units."
            raise invalid(message, named(path, "unit_amount_decimal"))
        amount = int(exact)
    else:
        missing = named(path, "unit_amount")
        raise invalid(f"Missing required param: {missing}.", missing, "parameter_missing")
    if amount < 0:
        name = named(path, "unit_amount")
        raise invalid("Invalid non-negative integer", name, "parameter_invalid_integer")
    return amount


def product_of(bank: Bank, params: Json, path: str) -> str:
    """The id of the product given by id, or of one made from `product_data`."""
    if ("product" in params) == ("product_data" in params):
        name = named(path, "product")
        code = None if "product" in params else "parameter_missing"
        raise invalid("You must specify either `product` or `product_data`.", name, code)
    if "product" in params:
        product_id: str = bank.find("product", params["product"], named(path, "product"))["id"]
        return product_id
    made: str = products.new_product(bank, params["product_data"])["id"]
    return made


def list_(bank: Bank, params: Json) -> Json:
    filters = dict(params)
    extra: list[Condition] = []
    if keys := filters.pop("lookup_keys", None):
        marks = ", ".join("?" * len(keys))
        extra.append((f"json_extract(body, '$.lookup_key') IN ({marks})", keys))
    filters.pop("recurring", None)
    return listing(bank, KIND, "/v1/prices", filters, *extra)


def update(bank: Bank, params: Json, price_id: str) -> Json:
    price = bank.find(KIND, price_id)
    for name in ("active", "lookup_key", "nickname", "tax_behavior"):
        if name in params:
            price[name] = params[name] if params[name] != "" else None
    price["metadata"] = merged(price["metadata"], params.get("metadata"))
    bank.store.save(price)
    emit(bank, "price.updated", price, {})
    return price
