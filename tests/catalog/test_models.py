"""What the catalogue's rows see to themselves."""

import pytest
from django.core.exceptions import ValidationError

from bodega.catalog.models import Category, Stock
from tests.catalog.conftest import MakeProduct

pytestmark = pytest.mark.django_db


def test_a_category_cannot_be_below_itself(category: Category) -> None:
    below = Category.objects.create(name="Dunes", parent=category)
    category.parent = below
    with pytest.raises(ValidationError, match="cannot be above"):
        category.full_clean()
    category.parent = None
    category.full_clean()  # the control


def test_a_variant_brings_its_stock_once(make_product: MakeProduct) -> None:
    variant = make_product("Dunes", on_hand=4).variants.get()
    variant.save()
    assert Stock.objects.get(variant=variant).on_hand == 4


def test_names_in_the_back_office(make_product: MakeProduct) -> None:
    variant = make_product("Dunes").variants.get()
    assert str(variant) == "Dunes"
    variant.title = "A3"
    assert str(variant) == "Dunes – A3"
    assert str(variant.stock).endswith("10 on hand, 0 reserved")
