"""Line items: what a session sells, frozen when it is made."""

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.pagination import as_list, page_of
from fakestripe.resources import prices, tax_rates

MOST_LINES = 100


def freeze(bank: Bank, params: Json) -> list[Json]:
    """The lines of a new session, each with its price as it is now, all in one currency."""
    given = params["line_items"]
    if len(given) > MOST_LINES:
        raise invalid(f"You can only pass up to {MOST_LINES} line items.", "line_items")
    lines = [frozen(bank, item, f"line_items[{n}]") for n, item in enumerate(given)]
    wanted = {line["currency"] for line in lines} | {params.get("currency", lines[0]["currency"])}
    if len(wanted) > 1:
        raise invalid(
            "All prices on a Checkout Session must have the same currency, but these are in "
            f"{' and '.join(sorted(map(str, wanted)))}.",
            "line_items",
        )
    return lines


def frozen(bank: Bank, item: Json, path: str) -> Json:
    if item.get("dynamic_tax_rates"):
        name = f"{path}[dynamic_tax_rates]"
        raise invalid("fakestripe plays `tax_rates`, not `dynamic_tax_rates`.", name)
    quantity: int = item.get("quantity", 1)
    if quantity < 1:
        raise invalid("Invalid positive integer", f"{path}[quantity]")
    price = line_price(bank, item, path)
    amount = price["unit_amount"] * quantity
    product = bank.find("product", price["product"])
    return {
        "id": ids.new("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product["name"],
        "metadata": merged({}, item.get("metadata")),
        "price": price,
        "quantity": quantity,
    }


def add_taxes(bank: Bank, params: Json, lines: list[Json]) -> None:
    """After the discount, as at Stripe: what is not paid is not taxed."""
    for n, (item, line) in enumerate(zip(params["line_items"], lines, strict=True)):
        tax_rates.tax_line(bank, line, item.get("tax_rates") or [], f"line_items[{n}]")


def line_price(bank: Bank, item: Json, path: str) -> Json:
    if ("price" in item) == ("price_data" in item):
        raise invalid("You must specify either `price` or `price_data`.", path)
    if "price" in item:
        return bank.find("price", item["price"], f"{path}[price]")
    return prices.new_price(bank, item["price_data"], f"{path}[price_data]", active=False)


def list_(bank: Bank, params: Json, session_id: str) -> Json:
    bank.find("checkout.session", session_id)
    items = bank.store.hidden(session_id)["line_items"]
    return page_of(items, url(session_id), params)


def url(session_id: str) -> str:
    return f"/v1/checkout/sessions/{session_id}/line_items"


def included(bank: Bank, session: Json) -> Json:
    """`session.line_items`, which Stripe leaves out unless it is expanded."""
    items = bank.store.hidden(session["id"])["line_items"]
    return as_list(url(session["id"]), items[:10], has_more=len(items) > 10)
