"""Django's SQL compilers, with our own SQL for some lookups, and a word about row locks.

Lookups are classes that every backend shares; Django chooses per *vendor*, and ours is "sqlite" like
Django's own. So the choice is made here, by the exact class: a project's own subclass keeps its own SQL,
and other engines in the same process never see ours.

What becomes part of the schema (an index, a constraint, a generated column) is written as Django writes
it: SQLite refuses our functions there (`trusted_schema` is off), and a file whose schema needs them can
be read by nobody else, no console and no backup. `Query.alias_cols` is False for the schema only.
"""

from functools import lru_cache
from typing import Any

from django.db.models.constants import OnConflict
from django.db.models.sql import compiler

from bodega.databases.engine import row_locks
from bodega.databases.engine.json_lookups import JSON_LOOKUPS
from bodega.databases.engine.text_lookups import TEXT_LOOKUPS

OURS = {**TEXT_LOOKUPS, **JSON_LOOKUPS}


class OurDialect(compiler.SQLCompiler):
    """What all compilers of this engine have."""

    def compile(self, node: Any) -> Any:
        ours = OURS.get(type(node))
        if ours is not None and getattr(self.query, "alias_cols", True):
            written = ours(node, self)
            if written is not None:
                return written
        # Django's own `compile`, without a call for it: some ten nodes a query.
        write = getattr(node, "as_sqlite", None) or node.as_sql
        return write(self, self.connection)


class SQLCompiler(OurDialect):
    """SELECT."""

    def as_sql(self, *arguments: Any, **options: Any) -> Any:
        if self.query.select_for_update:
            row_locks.object_to(self.query, self.connection)
        return super().as_sql(*arguments, **options)


class SQLInsertCompiler(OurDialect, compiler.SQLInsertCompiler):
    """INSERT. Django writes the statement anew for every row, from each of its fields; it is the same
    text for all rows of a model, so it is kept, and only what is unusual goes Django's way."""

    def as_sql(self, *_arguments: Any, **_options: Any) -> Any:
        query: Any = self.query
        fields, rows = query.fields, len(query.objs)
        is_unusual = not fields or query.on_conflict == OnConflict.UPDATE
        if is_unusual or any(map(_writes_placeholders, fields)):
            return super().as_sql()
        values = [
            self.prepare_value(field, self.pre_save_val(field, row))
            for row in query.objs
            for field in fields
        ]
        if any(hasattr(value, "as_sql") for value in values):
            return super().as_sql()
        columns = tuple(field.column for field in fields)
        returned = tuple(field.column for field in self.returning_fields or ())
        verb = self.connection.ops.insert_statement(on_conflict=query.on_conflict)
        beginning = f"{verb} {_quoted(query.get_meta().db_table)}"
        return [(_insertion(beginning, columns, rows, returned), tuple(values))]


def _writes_placeholders(field: Any) -> bool:
    return hasattr(field, "get_placeholder")


@lru_cache(maxsize=500)
def _insertion(
    beginning: str, columns: tuple[str, ...], rows: int, returned: tuple[str, ...]
) -> str:
    row = f"({', '.join(['%s'] * len(columns))})"
    words = f"{beginning} ({', '.join(map(_quoted, columns))}) VALUES {', '.join([row] * rows)}"
    return f"{words} RETURNING {', '.join(map(_quoted, returned))}" if returned else words


def _quoted(name: str) -> str:
    return name if name.startswith('"') and name.endswith('"') else f'"{name}"'


class SQLDeleteCompiler(OurDialect, compiler.SQLDeleteCompiler):
    """DELETE."""


class SQLUpdateCompiler(OurDialect, compiler.SQLUpdateCompiler):
    """UPDATE."""


class SQLAggregateCompiler(OurDialect, compiler.SQLAggregateCompiler):
    """SELECT around a query."""
