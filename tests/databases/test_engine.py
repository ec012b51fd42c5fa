import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)
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


@pytest.mark.django_db(transaction=True)
def test_who_listens_hears_of_begin_and_commit() -> None:
    heard = []

    def listen(execute: Any, sql: str, *about: Any) -> Any:
        heard.append(sql)
        return execute(sql, *about)

    with connection.execute_wrapper(listen), transaction.atomic():
        assert heard == ["BEGIN IMMEDIATE"]
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        pass
    assert [query["sql"] for query in queries] == ["BEGIN IMMEDIATE", "COMMIT"]


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_is_an_error_of_djangos() -> None:
    def refer_to_nothing() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("PRAGMA defer_foreign_keys=ON")
            cursor.execute(
                "INSERT INTO catalog_option (product_id, name, position) VALUES (999999, 'x', 0)"
            )

    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        refer_to_nothing()
    assert not connection.in_atomic_block
    with transaction.atomic():  # nothing is left open
        assert Merchant.objects.count() in (0, 1)


@pytest.mark.django_db(transaction=True)
def test_another_thread_may_not_use_the_connection() -> None:
    connection.ensure_connection()
    mine: Any = connections["default"]
    with ThreadPoolExecutor(1) as pool:
        for use in (mine.cursor, mine.commit, mine._start_transaction_under_autocommit):
            with pytest.raises(DatabaseError, match="can only be used in that same thread"):
                pool.submit(use).result(10)
    mine.cursor().close()
