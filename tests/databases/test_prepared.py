import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import CharField, Count, F, IntegerField, OuterRef, Subquery
from django.test.utils import CaptureQueriesContext

from bodega.databases.prepared import Parameter, Prepared, PreparedDelete, PreparedUpdate
from bodega.shipping.models import Band, Method, Zone

SLUG = Parameter("name", CharField())


@pytest.fixture
def zones(db: None) -> list[Zone]:
    made = [Zone.objects.create(name=name) for name in ("Europe", "World")]
    for number, zone in enumerate(made):
        method = Method.objects.create(zone=zone, name=f"Parcel {number}")
        Band.objects.create(method=method, price=490 + number)
    return made


def test_a_prepared_query_finds_what_the_queryset_finds(zones: list[Zone]) -> None:
    prepared = Prepared(lambda: Zone.objects.filter(name=SLUG))
    assert prepared.rows(name="Europe") == [zones[0]]
    assert prepared.first(name="World") == zones[1]
    assert prepared.rows(name="Moon") == []
    assert prepared.first(name="Moon") is None


def test_it_is_built_once(zones: list[Zone]) -> None:
    built = 0

    def build() -> Any:
        nonlocal built
        built += 1
        return Zone.objects.filter(name=SLUG)

    prepared = Prepared(build)
    for zone in zones:
        assert prepared.rows(name=zone.name) == [zone]
    assert built == 1


def test_related_objects_annotations_and_nested_queries_come_along(zones: list[Zone]) -> None:
    cheapest = Band.objects.filter(method=OuterRef("pk")).values("price")[:1]
    prepared = Prepared(
        lambda: (
            Method.objects.select_related("zone")
            .annotate(lowest=Subquery(cheapest), bands_in_all=Count("bands"))
            .filter(bands__price__gte=Parameter("least", IntegerField()), zone__name=SLUG)
        )
    )
    (found,) = prepared.rows(least=491, name="World")
    assert (found.name, found.lowest, found.bands_in_all) == ("Parcel 1", 491, 1)
    with CaptureQueriesContext(connection) as queries:
        assert found.zone == zones[1]
    assert len(queries) == 0
    assert prepared.rows(least=492, name="World") == []


def test_rows_of_values_come_as_the_queryset_says(zones: list[Zone]) -> None:
    prepared = Prepared(lambda: Zone.objects.filter(name=SLUG).values_list("pk", "name"))
    assert prepared.rows(name="Europe") == [(zones[0].pk, "Europe")]


def test_a_run_is_one_query_and_binds_its_values(zones: list[Zone]) -> None:
    prepared = Prepared(lambda: Zone.objects.filter(name=SLUG))
    prepared.rows(name="Europe")
    evil = "x' OR '1'='1"
    with CaptureQueriesContext(connection) as queries:
        assert prepared.rows(name=evil) == []
    assert len(queries) == 1


def test_a_missing_value_is_an_error_and_not_a_null(zones: list[Zone]) -> None:
    with pytest.raises(KeyError, match="name"):
        Prepared(lambda: Zone.objects.filter(name=SLUG)).rows()


def test_an_object_it_found_can_be_changed_and_saved(zones: list[Zone]) -> None:
    prepared = Prepared(lambda: Zone.objects.filter(name=SLUG))
    found = prepared.rows(name="Europe")[0]
    found.name = "Old World"
    found.save()
    assert prepared.rows(name="Europe") == []
    assert prepared.rows(name="Old World") == [zones[0]]


@pytest.mark.django_db(transaction=True)
def test_each_thread_uses_its_own_connection() -> None:
    made = Zone.objects.create(name="Europe")
    prepared = Prepared(lambda: Zone.objects.filter(name=SLUG))
    assert prepared.rows(name="Europe") == [made]
    found: list[Zone] = []

    def elsewhere() -> None:
        found.extend(prepared.rows(name="Europe"))
        connection.close()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [made]


def test_a_prepared_update_changes_what_it_finds_and_says_how_much(zones: list[Zone]) -> None:
    cheaper = PreparedUpdate(
        lambda: Band.objects.filter(price__gte=Parameter("least", IntegerField())),
        price=F("price") - Parameter("less", IntegerField()),
    )
    assert cheaper.run(least=491, less=100) == 1
    assert cheaper.run(least=0, less=90) == 2
    assert cheaper.run(least=1_000, less=1) == 0
    assert list(Band.objects.order_by("pk").values_list("price", flat=True)) == [400, 301]


def test_a_change_is_one_statement_and_compiled_once(zones: list[Zone]) -> None:
    built = 0

    def build() -> Any:
        nonlocal built
        built += 1
        return Zone.objects.filter(name=SLUG)

    rename = PreparedUpdate(build, name=Parameter("new", CharField()))
    with CaptureQueriesContext(connection) as queries:
        assert rename.run(name="Europe", new="World' --") == 1
        assert rename.run(name="World' --", new="Europe") == 1
    assert (built, len(queries)) == (1, 2)
    with pytest.raises(KeyError, match="new"):
        rename.run(name="Europe")


def test_a_prepared_delete_deletes_what_nothing_depends_on(zones: list[Zone]) -> None:
    dear = PreparedDelete(lambda: Band.objects.filter(price__gt=Parameter("most", IntegerField())))
    assert dear.run(most=490) == 1
    assert Band.objects.get().price == 490
    with pytest.raises(TypeError, match="with a Zone more must be deleted"):
        PreparedDelete(lambda: Zone.objects.filter(name=SLUG)).run(name="Europe")
    assert Zone.objects.count() == 2


def test_a_change_that_fails_spoils_its_transaction(zones: list[Zone]) -> None:
    to_nothing = PreparedUpdate(lambda: Band.objects.all(), method=Parameter("m", IntegerField()))
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            to_nothing.run(m=None)
        assert connection.needs_rollback
        transaction.set_rollback(True)
