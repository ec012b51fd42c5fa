"""What every template knows: the shop."""

from typing import Any

from django.http import HttpRequest

from bodega.merchant.models import Merchant


def shop(_request: HttpRequest) -> dict[str, Any]:
    """`shop` is the merchant's row, fetched when a template first asks for it."""
    return {"shop": Merchant.current}
