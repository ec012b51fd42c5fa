"""What goes into the schema is SQL that any SQLite understands."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models import CheckConstraint, Index, IntegerField, Q, UniqueConstraint
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from bodega.databases.copies import open_reader
from tests.databases.engine.two_engines import Document, Name

SCHEMA: list[tuple[type[Any], Any]] = [
    (Name, CheckConstraint(condition=~Q(text__icontains="é"), name="no_accent")),
    (Name, UniqueConstraint("number", condition=Q(text__startswith="A"), name="one_a")),
    (Name, Index("id", condition=Q(other__iexact="x"), name="only_x")),
    (Document, Index(Cast(KT("data__size"), IntegerField()), name="by_size")),
]


@pytest.mark.parametrize(("model", "thing"), SCHEMA, ids=lambda value: getattr(value, "name", ""))
def test_indexes_and_constraints_need_no_function_of_ours(
    ours: str, model: type[Any], thing: Any
) -> None:
    connection = connections[ours]
    is_index = isinstance(thing, Index)
    with connection.schema_editor() as editor:
        (editor.add_index if is_index else editor.add_constraint)(model, thing)
    try:
        model.objects.using(ours).create()
        with closing(open_reader(Path(connection.settings_dict["NAME"]))) as stranger:
            table = model._meta.db_table
            assert stranger.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0
            assert stranger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        with connection.schema_editor() as editor:
            (editor.remove_index if is_index else editor.remove_constraint)(model, thing)


def test_sqlite_would_refuse_a_schema_with_our_functions(ours: str) -> None:
    with connections[ours].cursor() as cursor:
        handle = cursor.connection
    with pytest.raises(sqlite3.OperationalError, match="unsafe use of fold"):
        handle.execute("CREATE INDEX folded ON scratch_name (fold(text))")
