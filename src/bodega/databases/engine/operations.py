"""Where Django finds our compiler, and how it empties tables."""

from typing import Any

from django.db.backends.sqlite3 import operations

REFUSALS = """
    SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '% BEFORE DELETE ON %'
"""


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, with the compiler that knows our lookups."""

    compiler_module = "bodega.databases.engine.compiler"

    def sql_flush(self, style: Any, tables: Any, **how: Any) -> list[str]:
        """Empty tables as TRUNCATE does on PostgreSQL: a trigger that refuses to delete rows is not
        asked (DELETE is all SQLite has)."""
        statements: list[str] = super().sql_flush(style, tables, **how)
        with self.connection.cursor() as cursor:
            refusals = cursor.execute(REFUSALS).fetchall() if statements else []
        drops = [f'DROP TRIGGER "{name}"' for name, _ in refusals]
        return [*drops, *statements, *(sql for _, sql in refusals)]
