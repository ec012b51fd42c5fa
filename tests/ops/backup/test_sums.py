import sqlite3

import pytest
from django.apps import apps

from bodega.ops.backup.sums import MONEY, Facts, facts


def test_every_column_of_money_exists() -> None:
    tables = {model._meta.db_table: model for model in apps.get_models()}
    for table, columns in MONEY["primary"].items():
        fields = {field.column for field in tables[table]._meta.concrete_fields}
        assert set(columns) <= fields, table


def test_a_table_that_is_not_there_yet_has_no_sum() -> None:
    empty = sqlite3.connect(":memory:")
    assert facts(empty, "primary") == Facts()
    empty.close()


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (Facts({"a": 1}, {"a.x": 5}), []),
        (Facts({"a": 2}, {"a.x": 5}), ["rows of a: 1, in the copy 2"]),
        (Facts({"a": 1}, {"a.x": 6}), ["sum of a.x: 5, in the copy 6"]),
        (Facts({}, {"a.x": 5}), ["rows of a: 1, in the copy None"]),
        (Facts({"a": 1, "b": 0}, {"a.x": 5}), ["rows of b: None, in the copy 0"]),
    ],
)
def test_differences_are_named(other: Facts, told: list[str]) -> None:
    assert Facts({"a": 1}, {"a.x": 5}).differences(other) == told
