import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from bodega.databases.engine.row_locks import RowLockIgnored
from tests.databases.engine.two_engines import Name


@pytest.fixture
def names(ours: str) -> Iterator[Any]:
    objects = Name.objects.using(ours)
    objects.create(text="a")
    yield objects
    objects.all().delete()


def test_outside_a_transaction_a_row_lock_is_an_error_as_on_postgresql(names: Any) -> None:
    with pytest.raises(TransactionManagementError, match="scratch_name cannot be used outside"):
        names.select_for_update().get(text="a")


def test_inside_a_transaction_a_warning_names_the_caller(names: Any, ours: str) -> None:
    with transaction.atomic(using=ours), pytest.warns(RowLockIgnored, match="locks no row") as told:
        assert names.select_for_update().get(text="a").text == "a"
    assert told[0].filename == __file__


def test_the_warning_comes_once_for_each_place(names: Any, ours: str) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.resetwarnings()
        warnings.simplefilter("default")
        for _ in range(3):
            with transaction.atomic(using=ours):
                names.select_for_update().count()
                list(names.select_for_update().filter(text="a"))
                list(names.select_for_update(skip_locked=True))
    assert len({(each.lineno) for each in told}) == len(told) == 2


def test_django_asking_for_itself_is_not_told(names: Any) -> None:
    made, is_new = names.update_or_create(text="b", defaults={"number": 5})
    assert (made.number, is_new) == (5, True)
    made, is_new = names.update_or_create(text="b", defaults={"number": 6})
    assert (made.number, is_new) == (6, False)


def test_without_a_row_lock_nobody_is_told(names: Any) -> None:
    assert names.get(text="a").text == "a"


def test_djangos_own_backend_says_nothing(control: str) -> None:
    """The control: silence is what this is for."""
    Name.objects.using(control).create(text="a")
    assert Name.objects.using(control).select_for_update().filter(text="a").count() == 1
    assert Name.objects.using(control).select_for_update().get(text="a").text == "a"
