"""Can a release that is older than an operation live with what it leaves? By Django's operation classes.

The older release reads and writes the tables as it knows them. It does not see what is new; it breaks on
what is gone or renamed, on a column it does not fill and must, and on a rule it does not keep. So: first
expand (add, nullable or with a `db_default`), deploy, then contract (remove) once nobody older serves.
"""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any, NamedTuple

from django.db import models
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import AlterOrderWithRespectTo
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

HINT = "beside_older"  # RunPython(…, hints={"beside_older": "safe"}): somebody has thought about it


class Situation(NamedTuple):
    """An operation in its place: of which application, on which database, before and after."""

    app_label: str
    connection: Any
    before: ProjectState
    after: ProjectState

    def field(self, state: ProjectState, model: str, name: str) -> Any:
        """A model's field in a state."""
        return state.apps.get_model(self.app_label, model)._meta.get_field(name)


@singledispatch
def objection(operation: Operation, _situation: Situation) -> str:
    """Why an older release cannot live with the operation, in a sentence; "" when it can."""
    return f"{type(operation).__name__} is an operation that nobody here knows"


def never(_operation: Operation, _situation: Situation) -> str:
    """What an older release does not notice."""
    return ""


HARMLESS = (
    *(operations.CreateModel, operations.AddIndex, operations.RemoveIndex, operations.RenameIndex),
    *(operations.RemoveConstraint, operations.AlterModelOptions, operations.AlterModelManagers),
    operations.AlterModelTableComment,
)
for harmless in HARMLESS:
    objection.register(harmless, never)


@objection.register
def _(operation: operations.AddField, situation: Situation) -> str:
    field = situation.field(situation.after, operation.model_name, operation.name)
    if field.many_to_many or field.null or field.generated or field.db_default is not NOT_PROVIDED:
        return ""
    return (
        f"an older release does not fill {_named(operation)}, which must not be NULL: its inserts fail. "
        "Give it a db_default, or null=True first"
    )


@objection.register
def _(operation: operations.RemoveField, _situation: Situation) -> str:
    return f"an older release still reads and writes {_named(operation)}"


@objection.register
def _(operation: operations.RenameField, _situation: Situation) -> str:
    return (
        f"an older release knows {operation.model_name}.{operation.old_name} by its old name. "
        "Add a new column, copy, and remove the old one a release later"
    )


@objection.register
def _(operation: operations.AlterField, situation: Situation) -> str:
    old = situation.field(situation.before, operation.model_name, operation.name)
    new = situation.field(situation.after, operation.model_name, operation.name)
    if old.column != new.column:
        return f"an older release knows the column {old.column} by its old name"
    if old.null and not new.null:
        return f"an older release may still write NULL to {_named(operation)}"
    if new.unique and not old.unique:
        return f"an older release may still write the same {_named(operation)} twice"
    if _kind(old, situation) != _kind(new, situation):
        return (
            f"{_named(operation)} becomes {_kind(new, situation)}, "
            f"and an older release reads and writes {_kind(old, situation)}"
        )
    return ""


@objection.register
def _(operation: operations.DeleteModel, _situation: Situation) -> str:
    return f"an older release still reads and writes the table of {operation.name}"


@objection.register
def _(operation: operations.RenameModel, situation: Situation) -> str:
    old = situation.before.apps.get_model(situation.app_label, operation.old_name)._meta.db_table
    new = situation.after.apps.get_model(situation.app_label, operation.new_name)._meta.db_table
    return "" if old == new else f"an older release knows the table {old} by its old name"


@objection.register
def _(operation: operations.AlterModelTable, _situation: Situation) -> str:
    return f"an older release knows the table of {operation.name} by its old name"


@objection.register
def _(operation: operations.AddConstraint, _situation: Situation) -> str:
    return (
        f"an older release may still write what {operation.constraint.name} forbids. "
        "Let a release keep the rule first, and add the constraint in the next"
    )


@objection.register
def _(operation: operations.AlterUniqueTogether, situation: Situation) -> str:
    old = situation.before.models[situation.app_label, operation.name_lower].options
    added = set(operation.option_value or ()) - set(old.get("unique_together") or ())
    return f"an older release may still write {operation.name} twice" if added else ""


@objection.register
def _(operation: AlterOrderWithRespectTo, _situation: Situation) -> str:
    if operation.order_with_respect_to is None:
        return f"an older release still writes the order of {operation.name}"
    return f"an older release does not fill the order of {operation.name}: its inserts fail"


@objection.register
def _(operation: operations.RunPython, _situation: Situation) -> str:
    if operation.code is operations.RunPython.noop:
        return ""
    return _unless_declared(operation, operation.hints, getattr(operation.code, "__name__", "code"))


@objection.register
def _(operation: operations.RunSQL, _situation: Situation) -> str:
    if operation.sql == operations.RunSQL.noop:
        return ""
    return _unless_declared(operation, operation.hints, "its SQL")


@objection.register
def _(operation: operations.SeparateDatabaseAndState, situation: Situation) -> str:
    found = (objection(each, situation) for each in operation.database_operations)
    return next(filter(None, found), "")


def _unless_declared(operation: Operation, hints: Mapping[str, Any] | None, what: str) -> str:
    if (hints or {}).get(HINT) == "safe":
        return ""
    return (
        f"nobody can tell what {what} does to an older release. If it can live with it, say so: "
        f'{type(operation).__name__}(…, hints={{"{HINT}": "safe"}})'
    )


def _named(operation: Any) -> str:
    return f"{operation.model_name}.{operation.name}"


def _kind(field: Any, situation: Situation) -> str:
    """A column's type, as far as an older release must care: SQLite enforces no length."""
    if isinstance(field, models.CharField | models.TextField):
        return "text"
    kind = str(field.db_type(situation.connection)).partition("(")[0].partition(" ")[0]
    return "integer" if kind in {"integer", "bigint", "smallint"} else kind
