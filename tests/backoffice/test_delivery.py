"""The prices of a shipping method, edited as a table."""

import pytest
from django.test import Client

from bodega.shipping.models import Band, Method, Zone


@pytest.fixture
def method(db: None) -> Method:
    """Up to a kilo, and up to five."""
    zone = Zone.objects.create(name="Germany")
    method = Method.objects.create(zone=zone, name="Parcel", basis=Method.Basis.WEIGHT)
    Band.objects.create(method=method, start=0, end=1000, price=390)
    Band.objects.create(method=method, start=1001, end=5000, price=690)
    return method


def form_of(method: Method, bands: list[tuple[int, int]]) -> dict[str, object]:
    """The page's form with other ends of the two bands."""
    stored = list(method.bands.all())
    form: dict[str, object] = {
        "zone": method.zone_id,
        "name": method.name,
        "basis": method.basis,
        "min_days": 1,
        "max_days": 3,
        "position": 0,
        "is_active": "on",
        "bands-TOTAL_FORMS": len(bands),
        "bands-INITIAL_FORMS": len(stored),
    }
    for number, (band, (start, end)) in enumerate(zip(stored, bands, strict=True)):
        row = {"id": band.pk, "method": method.pk, "start": start, "end": end, "price": "4.90"}
        form |= {f"bands-{number}-{field}": value for field, value in row.items()}
    return form


def test_the_border_between_two_bands_is_moved_in_one_go(office: Client, method: Method) -> None:
    page = f"/backoffice/shipping/method/{method.pk}/change/"
    answer = office.post(page, form_of(method, [(0, 2000), (2001, 5000)]))
    assert answer.status_code == 302
    assert [(band.start, band.price) for band in method.bands.all()] == [(0, 490), (2001, 490)]


def test_bands_that_overlap_are_refused_with_the_two(office: Client, method: Method) -> None:
    page = f"/backoffice/shipping/method/{method.pk}/change/"
    answer = office.post(page, form_of(method, [(0, 2000), (2000, 5000)]))
    assert answer.status_code == 200
    assert "“from 0 to 2000” and “from 2000 to 5000” overlap" in answer.text
    assert [band.start for band in method.bands.all()] == [0, 1001]
