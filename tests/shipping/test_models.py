"""What a merchant cannot save."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bodega.shipping.models import Band, Method
from tests.shipping.conftest import MakeMethod


def test_a_band_that_overlaps_is_refused_with_the_two_and_the_remedy(
    make_method: MakeMethod,
) -> None:
    method = make_method([(0, 1000, 390)], basis=Method.Basis.WEIGHT)
    with pytest.raises(ValidationError) as refused:
        Band(method=method, start=1000, end=None, price=1).full_clean()
    assert " ".join(refused.value.messages) == (
        "The bands “from 0 to 1000” and “from 1000 upwards” overlap, so 1000 would have two prices. "
        "Both ends count: end the first at 999 or start the second later."
    )


def test_bands_that_touch_without_sharing_are_welcome(make_method: MakeMethod) -> None:
    method = make_method([(0, 1000, 390)], basis=Method.Basis.WEIGHT)
    band = Band(method=method, start=1001, end=None, price=1)
    band.full_clean()
    band.save()
    band.full_clean()  # it does not overlap with itself


def test_an_open_band_leaves_no_room_above_it(make_method: MakeMethod) -> None:
    method = make_method([(0, None, 390)])
    with pytest.raises(ValidationError, match="from 0 upwards"):
        Band(method=method, start=5, end=6, price=1).full_clean()


def test_bands_of_other_methods_do_not_count(make_method: MakeMethod) -> None:
    make_method([(0, None, 390)])
    other = make_method([], name="Express")
    Band(method=other, start=0, end=None, price=1).full_clean()
    assert not other.bands.exists()


def test_a_band_cannot_end_before_it_starts(make_method: MakeMethod) -> None:
    method = make_method([])
    band = Band(method=method, start=10, end=9, price=1)
    with pytest.raises(ValidationError, match="ends before it starts"):
        band.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        band.save()


def test_the_shortest_time_is_not_the_longest(make_method: MakeMethod) -> None:
    method = make_method([], min_days=5, max_days=3)
    with pytest.raises(ValidationError, match="Not fewer than the 5 days"):
        method.full_clean()


def test_a_method_says_its_zone_and_a_band_its_reach(make_method: MakeMethod) -> None:
    method = make_method([(0, 1000, 390)])
    assert str(method) == "Parcel (DE)"
    assert str(method.bands.get()) == "from 0 to 1000: 390"
