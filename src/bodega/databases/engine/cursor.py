"""Django's cursor on our connections: takes turns to write, and leaves word while it reads."""

from time import monotonic
from typing import Any

from django.db.backends.sqlite3.base import SQLiteCursorWrapper

from bodega.databases.connection import Cursor
from bodega.databases.naming import actor


class DjangoCursor(SQLiteCursorWrapper, Cursor):
    """Django's placeholders, our turns. While it is open it is listed as a possible reader: a cursor
    that is not read to its end keeps a snapshot, and the WAL from shrinking."""

    def execute(self, query: str, params: Any = None) -> Any:
        done = super().execute(query, params)
        self.connection.reads[id(self)] = (monotonic(), actor())
        return done

    def close(self) -> None:
        super().close()
        self.connection.reads.pop(id(self), None)

    def __del__(self) -> None:
        self.connection.reads.pop(id(self), None)
