"""Codes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bodega.discounts.models import Discount
from bodega.merchant.models import Merchant

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MakeDiscount = Callable[..., Discount]


@pytest.fixture
def make_discount(db: None) -> MakeDiscount:
    """`make_discount("SPRING", percent=10, …)`; 10 % off unless told."""
    Merchant.objects.get_or_create(pk=1, defaults={"currency": "EUR", "language": "en"})

    def make(code: str = "SPRING", **values: Any) -> Discount:
        if not values.keys() & {"kind", "percent"}:
            values["percent"] = 10
        return Discount.objects.create(code=code, **values)

    return make
