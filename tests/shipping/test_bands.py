"""Editing several bands at once."""

from django.forms import BaseInlineFormSet, ModelForm, inlineformset_factory

from bodega.shipping.bands import BandFormSet
from bodega.shipping.models import Band, Method
from tests.shipping.conftest import MakeMethod

Bands = BaseInlineFormSet[Band, Method, ModelForm[Band]]
FormSet = inlineformset_factory(
    Method, Band, formset=BandFormSet, fields=["start", "end", "price"], extra=1
)


def edited(method: Method, rows: list[tuple[int | str, int | str, bool]]) -> Bands:
    """The stored bands with new (start, end, deleted?), in their order; more rows are new ones."""
    stored = list(method.bands.all())
    data: dict[str, object] = {
        "bands-TOTAL_FORMS": len(rows),
        "bands-INITIAL_FORMS": len(stored),
    }
    for number, (start, end, is_deleted) in enumerate(rows):
        data |= {f"bands-{number}-start": start, f"bands-{number}-end": end}
        data[f"bands-{number}-price"] = 100
        if number < len(stored):
            data[f"bands-{number}-id"] = stored[number].pk
        if is_deleted:
            data[f"bands-{number}-DELETE"] = "on"
    return FormSet(data, instance=method)


def test_the_border_between_two_bands_can_be_moved(make_method: MakeMethod) -> None:
    """Half-way, the first new band overlaps with the second old one; only the result counts."""
    method = make_method([(0, 1000, 1), (1001, 5000, 2)])
    formset = edited(method, [(0, 2000, False), (2001, 5000, False)])
    assert formset.is_valid(), formset.non_form_errors()
    formset.save()
    assert [(band.start, band.end) for band in method.bands.all()] == [(0, 2000), (2001, 5000)]


def test_bands_that_overlap_with_each_other_are_refused(make_method: MakeMethod) -> None:
    formset = edited(make_method([(0, 1000, 1)]), [(0, 1000, False), (500, 600, False)])
    assert not formset.is_valid()
    assert "“from 0 to 1000” and “from 500 to 600” overlap" in str(formset.non_form_errors())


def test_a_band_that_goes_makes_room(make_method: MakeMethod) -> None:
    formset = edited(make_method([(0, 1000, 1)]), [(0, 1000, True), (500, 600, False)])
    assert formset.is_valid(), formset.non_form_errors()


def test_a_row_that_is_no_band_yet_is_told_first(make_method: MakeMethod) -> None:
    formset = edited(make_method([(0, 1000, 1)]), [("x", 1000, False)])
    assert not formset.is_valid()
    assert "Enter a whole number." in str(formset.forms[0].errors)
    assert not formset.non_form_errors()
