"""The search index says what the products say, however they are changed."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from bodega.catalog import search_index
from bodega.catalog.apps import make_way
from bodega.catalog.models import AttributeValue, Category, Product, Variant
from bodega.catalog.search import search
from tests.catalog.conftest import MakeProduct

pytestmark = pytest.mark.django_db


def test_updates_without_save_reach_the_index(make_product: MakeProduct) -> None:
    product = make_product("Dunes")
    Product.objects.update(title="Hills", description="Green.")
    assert search("dunes") == []
    assert search("hills") == search("green") == [product.pk]
    assert search_index.stale() == []


def test_every_way_of_changing_a_product_is_followed(
    make_product: MakeProduct, category: Category
) -> None:
    product, other = make_product("Dunes", style="Abstract", category=category), make_product("Sea")
    changes: list[Any] = [
        lambda: Category.objects.update(name="Seascapes"),
        lambda: AttributeValue.objects.update(value="Geometric"),
        lambda: AttributeValue.objects.update(product=other),
        lambda: AttributeValue.objects.all().delete(),
        lambda: Variant.objects.filter(product=product).update(sku="NEW-1"),
        lambda: Variant.objects.filter(product=product).update(product=other),
        lambda: Product.objects.bulk_create([Product(title="Bulk", slug="bulk")]),
        lambda: Product.objects.bulk_update([Product(pk=product.pk, title="Updated")], ["title"]),
        lambda: product.delete(),
    ]
    for change in changes:
        change()
        assert search_index.stale() == []


def test_a_missing_trigger_is_noticed_and_put_back(make_product: MakeProduct) -> None:
    product = make_product("Dunes")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER search_product_update")
    Product.objects.update(title="Hills")
    assert search_index.stale() == [
        product.pk
    ]  # the control: without its trigger it is out of step
    assert search_index.install() is True
    assert search_index.stale() == []
    assert search("hills") == [product.pk]
    assert search_index.install() is False


def test_a_missing_table_is_made_anew(make_product: MakeProduct) -> None:
    product = make_product("Dunes")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE search_trigrams")
    search_index.install()
    assert search("unes") == [product.pk]


def test_migrate_puts_the_index_back(make_product: MakeProduct) -> None:
    make_product("Dunes")
    search_index.drop_triggers()
    Product.objects.update(title="Hills")
    call_command("migrate", verbosity=0)
    assert search_index.stale() == []


def test_loading_many_products_rebuilds_once(make_product: MakeProduct) -> None:
    with search_index.rebuilt_afterwards():
        product = make_product("Dunes")
        assert search("dunes") == []
    assert search("dunes") == [product.pk]
    assert search_index.stale() == []


def test_rows_of_products_that_are_gone_are_stale(make_product: MakeProduct) -> None:
    product = make_product("Dunes")
    search_index.drop_triggers()
    Product.objects.all().delete()
    assert search_index.stale() == [product.pk]


class Step:
    """A migration of the catalogue, in a plan."""

    app_label = "catalog"


def rebuild_a_table() -> None:
    """What migrations do on SQLite to change a column: copy, drop, rename."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE made_anew AS SELECT * FROM catalog_attributevalue")
        cursor.execute("DROP TABLE catalog_attributevalue")
        cursor.execute("ALTER TABLE made_anew RENAME TO catalog_attributevalue")


def test_a_migration_can_rebuild_a_table_the_triggers_name(make_product: MakeProduct) -> None:
    make_product("Dunes", style="Abstract")
    make_way("default", [(Step, False)])
    rebuild_a_table()
    search_index.install()
    AttributeValue.objects.update(value="Geometric")
    assert search_index.stale() == []


def test_with_the_triggers_in_its_way_it_cannot(make_product: MakeProduct) -> None:
    make_product("Dunes", style="Abstract")
    make_way("default", [])  # nothing of the catalogue is planned: they stay
    with pytest.raises(DatabaseError, match="error in trigger search_"):
        rebuild_a_table()
    assert search_index.stale() == []
