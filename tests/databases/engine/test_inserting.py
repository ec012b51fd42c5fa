"""The kept text of INSERTs, against what Django writes."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connections
from django.db.models import F, Value
from django.db.models.constants import OnConflict
from django.db.models.functions import Upper
from django.db.models.sql import InsertQuery
from django.db.models.sql.compiler import SQLInsertCompiler as Djangos

from bodega.databases.engine.compiler import SQLInsertCompiler as Ours
from tests.databases.engine.two_engines import Document, Name

ROWS: list[Sequence[Any]] = [
    [Name(text="Ada", number=1)],
    [Name(text=None), Name(text="O'Hara", other="100%s", number=-3)],
    [Document(data={"a": [1, None]})],
    [Name(text=Upper(Value("ada")))],
    [Name(text="Ada"), Name(text=Upper(Value("grace")))],
]


def written(
    kind: type[Any], using: str, rows: Sequence[Any], *, returns: bool, **how: Any
) -> tuple[str, list[Any]]:
    """Statement and values that a compiler makes of an INSERT."""
    model = type(rows[0])
    query: Any = InsertQuery(model, **how)
    query.insert_values(model._meta.local_concrete_fields[1:], rows)
    compiler = kind(query, connections[using], using)
    compiler.returning_fields = [model._meta.pk] if returns else None
    ((sql, values),) = compiler.as_sql()
    # A column needs no table in front of it: there is only one.
    return sql.replace(f'"{model._meta.db_table}".', ""), list(values)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("returns", [True, False])
@pytest.mark.parametrize("on_conflict", [None, OnConflict.IGNORE])
def test_the_statement_is_djangos(
    ours: str, rows: Sequence[Any], returns: bool, on_conflict: OnConflict | None
) -> None:
    how: dict[str, Any] = {"returns": returns, "on_conflict": on_conflict}
    assert written(Ours, ours, rows, **how) == written(Djangos, ours, rows, **how)


def test_what_is_kept_tells_tables_columns_and_numbers_of_rows_apart(ours: str) -> None:
    for rows in ROWS * 2:
        made = Name if isinstance(rows[0], Name) else Document
        before = made.objects.using(ours).count()
        made.objects.using(ours).bulk_create([type(row)(**fields_of(row)) for row in rows])
        assert made.objects.using(ours).count() == before + len(rows)


def fields_of(row: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in row._meta.local_concrete_fields[1:]}


def test_a_column_cannot_be_inserted_from_another(ours: str) -> None:
    with pytest.raises(ValueError, match="only be used to update"):
        Name.objects.using(ours).create(number=F("number") + 1)
