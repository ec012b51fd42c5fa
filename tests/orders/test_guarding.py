"""Orders are not deleted without a tombstone."""

import pytest
from django.apps import apps
from django.core.management.color import no_style
from django.db import DatabaseError, IntegrityError, connection, transaction

from bodega.lib.clock import utc_now
from bodega.orders import apps as orders_app
from bodega.orders import guarding
from bodega.orders.models import Order, Tombstone
from tests.till import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    open_shop()
    return Order.objects.create(
        number="B1",
        checkout_key="one",
        email="ada@example.com",
        currency="EUR",
        prices_include_tax=True,
        subtotal=0,
        total=0,
        placed_at=utc_now(),
    )


def bury(order: Order) -> None:
    Tombstone.objects.create(
        order_id=order.pk, number=order.number, reason="a test", actor="ada", at=utc_now()
    )


def test_an_order_without_a_tombstone_cannot_be_deleted_whoever_tries(order: Order) -> None:
    for delete in (
        order.delete,
        Order.objects.all().delete,
        lambda: connection.cursor().execute("DELETE FROM orders_order"),
    ):
        with pytest.raises(IntegrityError, match="without a tombstone"), transaction.atomic():
            delete()
    assert Order.objects.count() == 1


def test_an_order_with_a_tombstone_can(order: Order) -> None:
    bury(order)
    Order.objects.all().delete()
    assert not Order.objects.exists()


def test_a_tombstone_of_another_order_does_not_count(order: Order) -> None:
    Tombstone.objects.create(
        order_id=order.pk + 1, number="B2", reason="a test", actor="ada", at=utc_now()
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        Order.objects.all().delete()


def test_without_the_guard_a_row_vanishes_silently(order: Order) -> None:
    guarding.step_aside()
    Order.objects.all().delete()
    assert not Order.objects.exists()


def test_the_guard_is_put_back_after_a_migration_has_dropped_or_changed_it() -> None:
    with connection.cursor() as cursor:
        guarding.step_aside()
        assert guarding.missing(dict(cursor.execute(guarding.PRESENT).fetchall()))
        cursor.execute(
            f"CREATE TRIGGER {guarding.NAME} BEFORE DELETE ON orders_order BEGIN SELECT 1; END"
        )
        orders_app.put_back("default", apps)
        assert not guarding.missing(dict(cursor.execute(guarding.PRESENT).fetchall()))


def test_emptying_all_tables_is_no_deleting(order: Order) -> None:
    sql = connection.ops.sql_flush(no_style(), ["orders_order"])
    with connection.cursor() as cursor:
        for statement in sql:
            cursor.execute(statement)
        assert not guarding.missing(dict(cursor.execute(guarding.PRESENT).fetchall()))
    assert not Order.objects.exists()
