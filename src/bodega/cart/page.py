"""What the cart page shows."""

from datetime import datetime
from typing import Any

from bodega.cart.basket import Basket, BasketLine, Notice
from bodega.cart.changing import MAX_QUANTITY
from bodega.cart.summing import Place, sum_up
from bodega.shipping import countries


def contents(basket: Basket, now: datetime, added: str = "") -> dict[str, Any]:
    """The template's words. `added` is the SKU that was put in last, for a word of confirmation.

    It comes from the address (`/cart/?added=SKU`), so that neither a session nor a cookie is needed, and
    only ever confirms what really is in the cart.
    """
    choices = countries.choices(basket.merchant.language)
    country = _country(basket, [code for code, _ in choices])
    return {
        "basket": basket,
        "rows": _rows(basket),
        "added": next((line for line in basket.lines if line.variant.sku == added), None),
        "bill": sum_up(basket, Place(country), now),
        "countries": choices,
        "country": country,
        "country_name": countries.name(country, basket.merchant.language),
        "currency": basket.merchant.currency,
        "code": basket.cart.code if basket.cart else "",
        "max_quantity": MAX_QUANTITY,
    }


def _country(basket: Basket, served: list[str]) -> str:
    """Where estimates are for: what the customer chose, else the merchant's own country, else any."""
    wishes = [basket.cart.country if basket.cart else "", basket.merchant.country]
    return next((wish for wish in wishes if wish in served), served[0] if served else "")


def _rows(basket: Basket) -> list[tuple[BasketLine, list[Notice]]]:
    """Every line with the notices that belong beside it."""
    notices = basket.notices
    return [(line, [note for note in notices if note.line_id == line.id]) for line in basket.lines]
