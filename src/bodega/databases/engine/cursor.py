"""Django's cursor on our connections: takes turns to write, and leaves word while it reads."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from django.db.backends.sqlite3.base import SQLiteCursorWrapper

from bodega.databases.connection import Cursor


class DjangoCursor(SQLiteCursorWrapper, Cursor):
    """Django's placeholders, our turns. While a SELECT is open it is listed as a possible reader: one
    that is not read to its end keeps a snapshot, and the WAL from shrinking."""

    def execute(self, query: str, params: Any = None) -> Any:
        if params is not None:
            names = list(params) if isinstance(params, Mapping) else None
            query = self.convert_query(query, param_names=names)
        if query[:6] == "SELECT":  # most of all statements: the shortest way
            self.connection.note_read(self)
            return sqlite3.Cursor.execute(self, query, params or ())
        return Cursor.execute(self, query, params or ())

    def close(self) -> None:
        sqlite3.Cursor.close(self)
        self.connection.forget_read(self)
