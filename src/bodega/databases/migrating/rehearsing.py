"""What Django will do to the tables: the operation is run on an empty copy of them, in memory.

So nobody has to know when Django's schema editor rebuilds a table: it does it here, and is watched. The
real file is only read: its schema, and how many rows its tables have.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.operations import RunPython
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

REBUILD = re.compile(r'CREATE TABLE "new__(?P<table>[^"]+)"')
SCAN = re.compile(
    r'CREATE (?:UNIQUE )?INDEX \S+ ON "(?P<index>[^"]+)"|ALTER TABLE "(?P<column>[^"]+)" DROP COLUMN'
)
# Not tables of their own: FTS5 makes them together with its virtual table.
SCHEMA = """
    SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
    AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
    ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'view' THEN 1 WHEN 'index' THEN 2 ELSE 3 END"""


class Rehearsal(NamedTuple):
    """What an operation did to the empty copy.

    `rebuilt`: tables that were copied row by row; `scanned`: tables whose rows were all read or written
    for an index or a dropped column; `lost`: triggers that are gone; `failure`: why it could not be run.
    """

    statements: tuple[str, ...]
    rebuilt: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    failure: str = ""


class Stage:
    """An empty copy of a database's tables, on which one operation after the other is run."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        """Raises django.db.DatabaseError when the schema cannot be read."""
        # The same alias, so that routers decide alike.
        settings = {**connection.settings_dict, "NAME": ":memory:"}
        self._copy = type(connection)(settings, connection.alias)
        with connection.cursor() as real, self._copy.cursor() as copy:
            for (statement,) in real.execute(SCHEMA).fetchall():
                copy.execute(statement)

    def rehearse(
        self, operation: Operation, app_label: str, before: ProjectState, after: ProjectState
    ) -> Rehearsal:
        """Run one operation. RunPython is not run: there are no rows, and it may do anything."""
        if isinstance(operation, RunPython):
            return Rehearsal(())
        triggers = self._triggers()
        failure = ""
        with self._watched() as statements:
            try:
                with self._copy.schema_editor(atomic=True) as editor:
                    operation.database_forwards(app_label, editor, before, after)
            except (DatabaseError, ValueError) as error:
                failure = str(error)
        rebuilt = tuple(m["table"] for s in statements if (m := REBUILD.match(s)))
        scanned = [m["index"] or m["column"] for s in statements if (m := SCAN.match(s))]
        return Rehearsal(
            statements=tuple(statements),
            rebuilt=rebuilt,
            scanned=tuple(table for table in scanned if f"new__{table}" not in str(statements)),
            lost=tuple(sorted(triggers - self._triggers())),
            failure=failure,
        )

    def close(self) -> None:
        """Forget the copy."""
        BaseDatabaseWrapper.close(self._copy)  # the engine's own keeps what is in memory

    @contextmanager
    def _watched(self) -> Iterator[list[str]]:
        statements: list[str] = []

        def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            if not sql.lstrip().upper().startswith(("PRAGMA", "SELECT", "SAVEPOINT", "RELEASE")):
                statements.append(sql)
            return execute(sql, *rest)

        with self._copy.execute_wrapper(watch):
            yield statements

    def _triggers(self) -> set[str]:
        with self._copy.cursor() as cursor:
            rows = cursor.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
            ).fetchall()
        return {name for (name,) in rows}
