"""The engine: Django's SQLite backend, its connections opened as `opening` prescribes.

`OPTIONS["role"]` names the file whose line of the pragma table applies ("primary" unless told).
Transactions begin IMMEDIATE: a deferred one that turns into a writer fails at once when somebody else
wrote in between, whatever the busy timeout (design 3.2, rule 6).
"""

from sqlite3 import Connection
from typing import Any

from django.db.backends.sqlite3 import base

from bodega.databases import opening
from bodega.databases.engine.features import DatabaseFeatures
from bodega.databases.layout import Role


class DatabaseWrapper(base.DatabaseWrapper):
    """A Django connection to one of our files."""

    features_class = DatabaseFeatures

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self.role: Role = params.pop("role", "primary")
        self.transaction_mode = "IMMEDIATE"
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        connection: Connection = super().get_new_connection(conn_params)
        if self.is_in_memory_db():
            return connection
        return opening.prepare(connection, self.role)
