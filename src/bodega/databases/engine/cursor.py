"""Django's cursor on our connections: takes turns to write, and leaves word while it reads."""

import sqlite3
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX, SQLiteCursorWrapper

from bodega.databases.connection import Cursor

SEQUENCES = (
    tuple,
    list,
)  # what nearly every statement comes with; asking for a Mapping costs 0.3 µs
LONG = 2_000  # characters; a longer statement is hardly ever asked twice


class DjangoCursor(SQLiteCursorWrapper, Cursor):
    """Django's placeholders, our turns. While a SELECT is open it is listed as a possible reader: one
    that is not read to its end keeps a snapshot, and the WAL from shrinking."""

    def execute(self, query: str, params: Any = None) -> Any:
        if params is not None:
            if type(params) not in SEQUENCES and isinstance(params, Mapping):
                query = self.convert_query(query, param_names=list(params))
            else:
                query = with_marks(query) if len(query) < LONG else self.convert_query(query)
        if query[:6] == "SELECT":  # most of all statements: the shortest way
            self.connection.note_read(self)
            return sqlite3.Cursor.execute(self, query, params or ())
        return Cursor.execute(self, query, params or ())

    def close(self) -> None:
        sqlite3.Cursor.close(self)
        self.connection.forget_read(self)


@lru_cache(maxsize=1_000)
def with_marks(query: str) -> str:
    """Django's `convert_query` for placeholders without names, once for each statement: it costs 3 µs,
    which is what our turns cost."""
    return str(FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%"))
