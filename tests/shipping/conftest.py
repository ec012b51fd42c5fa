"""Zones and methods."""

from collections.abc import Callable
from typing import Any

import pytest

from bodega.shipping.models import Band, Method, Zone, ZoneCountry

MakeMethod = Callable[..., Method]


@pytest.fixture
def make_method(db: None) -> MakeMethod:
    """`make_method([(start, end, price), …], country="DE", basis=…)`."""

    def make(
        bands: list[tuple[int, int | None, int]], country: str = "DE", **values: Any
    ) -> Method:
        place = ZoneCountry.objects.filter(country=country).select_related("zone").first()
        if place is None:
            zone = Zone.objects.create(name=country)
            place = ZoneCountry.objects.create(zone=zone, country=country)
        method = Method.objects.create(zone=place.zone, **{"name": "Parcel", **values})
        for start, end, price in bands:
            Band.objects.create(method=method, start=start, end=end, price=price)
        return method

    return make
