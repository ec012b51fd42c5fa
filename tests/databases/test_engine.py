import sqlite3
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.sqlite3.features import DatabaseFeatures as SqliteFeatures
from django.test.utils import CaptureQueriesContext

from bodega.databases import pragmas
from bodega.databases.engine.features import DatabaseFeatures
from bodega.databases.opening import open_file
from bodega.merchant.models import Merchant


@pytest.mark.django_db(databases=["default", "queue"])
@pytest.mark.parametrize(("alias", "role"), [("default", "primary"), ("queue", "queue")])
def test_django_connections_have_the_pragmas_of_their_file(alias: str, role: Any) -> None:
    connections[alias].ensure_connection()
    handle = connections[alias].connection
    assert isinstance(handle, sqlite3.Connection)
    assert pragmas.mismatches(handle, role) == []


@pytest.mark.django_db(transaction=True)
def test_a_transaction_takes_the_write_lock_at_its_beginning() -> None:
    other = open_file("primary", settings.VOLUME)
    other.execute("PRAGMA busy_timeout=0")
    with transaction.atomic():
        assert Merchant.objects.count() in (0, 1)  # a read, yet the lock is ours
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.django_db(transaction=True)
def test_a_foreign_key_to_nothing_is_refused() -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"), transaction.atomic():
        connections["default"].cursor().execute(
            "INSERT INTO catalog_option (product_id, name, position) VALUES (999999, 'x', 0)"
        )


@pytest.mark.django_db(transaction=True)
def test_a_locked_file_is_an_operational_error_after_the_busy_timeout() -> None:
    connections["default"].ensure_connection()
    connections["default"].connection.execute("PRAGMA busy_timeout=10")
    other = open_file("primary", settings.VOLUME)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            pass
    finally:
        other.execute("ROLLBACK")
        other.close()
        connections["default"].close()


def test_the_first_json_query_of_a_process_opens_no_write_transaction(db: None) -> None:
    fresh = DatabaseFeatures(connection)
    with CaptureQueriesContext(connection) as queries:
        assert fresh.supports_json_field
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        assert SqliteFeatures(connection).supports_json_field
    assert len(queries) > 0  # what Django would do
