"""What a code may look like."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bodega.discounts.models import Discount
from tests.discounts.conftest import NOW, MakeDiscount


def test_codes_are_stored_in_capitals_without_blanks(make_discount: MakeDiscount) -> None:
    assert make_discount(" spring 10 ").code == "SPRING10"
    typed = Discount(code=" summer-10", percent=10)
    typed.full_clean()
    assert typed.code == "SUMMER-10"


def test_the_same_code_in_another_case_is_refused(make_discount: MakeDiscount) -> None:
    make_discount("SPRING")
    with pytest.raises(ValidationError, match="already exists"):
        Discount(code="spring", percent=5).full_clean()


@pytest.mark.parametrize("code", ["ÄPFEL", "-X", "A/B", "A%", "", "X\0"])
@pytest.mark.django_db
def test_a_code_is_easy_to_type(code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Discount(code=code, percent=10).full_clean()
    assert "code" in refused.value.message_dict


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"kind": "percent"}, "percent", "“Percent off” needs a value here."),
        ({"kind": "percent", "percent": 0}, "percent", "greater than or equal to 1"),
        ({"kind": "percent", "percent": 101}, "percent", "less than or equal to 100"),
        ({"kind": "percent", "percent": 10, "amount": 5}, "amount", "has no use for this"),
        ({"kind": "fixed"}, "amount", "“Amount off” needs a value here."),
        ({"kind": "fixed", "amount": 0}, "amount", "greater than or equal to 1"),
        ({"kind": "fixed", "amount": 5, "percent": 10}, "percent", "has no use for this"),
        ({"kind": "free_shipping", "amount": 5}, "amount", "has no use for this"),
        ({"kind": "bogus"}, "kind", "not a valid choice"),
        ({"percent": 10, "starts_at": NOW, "ends_at": NOW}, "ends_at", "end after it starts"),
    ],
)
@pytest.mark.django_db
def test_what_does_not_fit_together_is_told_beside_the_field(
    values: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Discount(code="X", **values).full_clean()
    assert sentence in " ".join(refused.value.message_dict[field])


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "percent", "percent": 100},
        {"kind": "fixed", "amount": 1},
        {"kind": "free_shipping"},
        {"percent": 10, "starts_at": NOW, "ends_at": NOW + timedelta(seconds=1)},
    ],
)
@pytest.mark.django_db
def test_what_fits_together_is_saved(values: dict[str, Any]) -> None:
    discount = Discount(code="X", **values)
    discount.full_clean()
    discount.save()
    assert str(Discount.objects.get()) == "X"


@pytest.mark.parametrize("values", [{"percent": None}, {"percent": 101}, {"kind": "fixed"}])
@pytest.mark.django_db
def test_the_database_refuses_what_no_form_has_seen(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Discount.objects.create(code="X", **values)
