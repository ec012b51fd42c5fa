import logging
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.apps import apps
from django.conf import settings
from django.core.checks import run_checks
from django.db import connection
from django.test import override_settings

from bodega.catalog.models import Category, Product, Stock, Variant
from bodega.databases import changes
from bodega.databases.opening import open_file
from bodega.merchant.models import Merchant
from bodega.web import freshness
from bodega.web.freshness import Freshness, Version
from bodega.web.watched import COUNTER, WATCHED

# What no kept page shows; see bodega.web.watched.
NOT_SHOWN = {"catalog_reservation", "catalog_movement"}
LOST = 'DROP TRIGGER "changes_pages_catalog_category_update"'


@pytest.fixture
def reader(transactional_db: None) -> Iterator[sqlite3.Connection]:
    opened = open_file("primary", settings.VOLUME)
    yield opened
    opened.close()


@pytest.fixture
def without_a_trigger(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(LOST)
    yield
    freshness.install()


def counted(version: Version | None) -> int:
    assert version is not None
    return version[0]


def test_the_version_moves_when_somebody_commits_something_shown(
    reader: sqlite3.Connection,
) -> None:
    fresh = Freshness(reader)
    before = counted(fresh.version())
    assert counted(fresh.version()) == before
    Category.objects.create(name="Prints", slug="prints")
    assert counted(fresh.version()) == before + 1
    Category.objects.update(name="Posters")
    assert counted(fresh.version()) == before + 2


def test_the_version_stays_when_something_else_is_committed(reader: sqlite3.Connection) -> None:
    fresh = Freshness(reader)
    before = fresh.version()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE noise (x)")
        cursor.execute("DROP TABLE noise")
    assert fresh.version() == before


def test_the_version_moves_at_midnight_where_the_merchant_is(reader: sqlite3.Connection) -> None:
    now = datetime(2026, 3, 1, 22, 59, 59, tzinfo=UTC).timestamp()
    with override_settings(TIME_ZONE="Europe/Berlin"):
        fresh = Freshness(reader, clock=lambda: now)
        before = fresh.version()
        now += 1
        after = fresh.version()
    assert before is not None
    assert after is not None
    assert (before[1], after[1]) == (date(2026, 3, 1), date(2026, 3, 2))
    assert before[0] == after[0]


@pytest.mark.usefixtures("without_a_trigger")
def test_without_all_its_triggers_there_is_no_version(
    reader: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    fresh = Freshness(reader)
    with caplog.at_level(logging.ERROR):
        assert fresh.version() is None
    assert "changes_pages_catalog_category_update is gone" in caplog.text
    freshness.install()
    assert fresh.version() is not None


def test_a_trigger_lost_while_serving_is_noticed(reader: sqlite3.Connection) -> None:
    fresh = Freshness(reader)
    assert fresh.version() is not None
    with connection.cursor() as cursor:
        cursor.execute(LOST)
    assert fresh.version() is None
    freshness.install()
    assert fresh.version() is not None


def test_a_database_that_cannot_be_asked_means_no_version(
    reader: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    fresh = Freshness(reader)
    reader.close()
    with caplog.at_level(logging.WARNING):
        assert fresh.version() is None
    assert "cannot ask the database" in caplog.text


@pytest.mark.django_db
def test_every_table_a_page_may_show_is_watched() -> None:
    rooms = ("merchant", "catalog", "taxes", "shipping")
    models = [
        model
        for room in rooms
        for model in apps.get_app_config(room).get_models(include_auto_created=True)
    ]
    assert {model._meta.db_table for model in models} - NOT_SHOWN == {
        each.table for each in WATCHED
    }


@pytest.mark.django_db
def test_migrations_leave_every_trigger_in_its_place() -> None:
    with connection.cursor() as cursor:
        assert changes.missing(cursor, COUNTER, WATCHED) == []
    assert run_checks(databases=["default"], tags=["database"]) == []


@pytest.mark.usefixtures("without_a_trigger")
def test_the_system_check_names_what_is_missing() -> None:
    (warning,) = run_checks(databases=["default"], tags=["database"])
    assert warning.id == "web.W001"
    assert warning.msg == "the trigger changes_pages_catalog_category_update is gone"
    assert "bodega manage migrate" in str(warning.hint)


def test_selling_from_plentiful_stock_voids_nothing(reader: sqlite3.Connection) -> None:
    Merchant.objects.create(pk=1)
    product = Product.objects.create(title="Dunes", slug="dunes")
    variant = Variant.objects.create(product=product, sku="D", price=100)
    Stock.objects.update_or_create(variant=variant, defaults={"on_hand": 20, "low_at": 5})
    fresh = Freshness(reader)
    moved = []
    for on_hand in (19, 7, 6, 5, 4, 0, -1, 3):
        before = counted(fresh.version())
        Stock.objects.update(on_hand=on_hand)
        moved.append(counted(fresh.version()) - before)
    assert moved == [0, 0, 0, 1, 1, 1, 0, 1]
