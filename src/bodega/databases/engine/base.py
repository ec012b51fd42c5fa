"""The engine: Django's SQLite backend, its connections opened as `opening` prescribes.

OPTIONS, all of them optional:

* `role`: the file whose line of the pragma table applies ("primary" unless told).
* `durability`: "full", "group" or "normal". Without it, the role's own; without a role "full", because
  "group" counts on somebody to call `durable()` before acknowledging (`middleware` does).

Transactions begin IMMEDIATE: a deferred one that turns into a writer fails at once when somebody else
wrote in between, whatever the busy timeout (design 3.2, rule 6); Django's option `transaction_mode` says
otherwise for who insists. Writers of a process queue up for a fair lock, also outside of transactions
(`connection`, `writing`).
"""

import os
from pathlib import Path
from threading import get_ident
from typing import Any
from weakref import WeakSet

from django.db.backends.sqlite3 import base

from bodega.databases import checks as _checks  # noqa: F401 - registers them
from bodega.databases import functions, holdings, opening, pragmas
from bodega.databases.connection import Connection, Cursor
from bodega.databases.engine.creation import DatabaseCreation
from bodega.databases.engine.cursor import DjangoCursor
from bodega.databases.engine.features import DatabaseFeatures
from bodega.databases.engine.operations import DatabaseOperations
from bodega.databases.layout import Role
from bodega.databases.pragmas import Durability

_wrappers: "WeakSet[DatabaseWrapper]" = WeakSet()


class DatabaseWrapper(base.DatabaseWrapper):
    """A Django connection to one of our files."""

    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
    connection: Connection | None
    transaction_mode: str | None
    _thread_ident: int

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _wrappers.add(self)

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        role: Role | None = params.pop("role", None)
        durability: Durability | None = params.pop("durability", None)
        self.role: Role = role or "primary"
        self.durability = durability or (pragmas.DURABILITY[role] if role else "full")
        self.transaction_mode = self.transaction_mode or "IMMEDIATE"
        return {**params, "factory": Connection}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        path = self.path(conn_params["database"])
        if path is None:
            memory: Connection = super().get_new_connection(conn_params)
            functions.register(memory)
            return memory
        # First, so that this connection is never its file's only one.
        holding = holdings.hold(path, self.role, self.durability)
        connection: Connection = super().get_new_connection(conn_params)
        functions.register(connection)
        connection.turns = holding
        opening.prepare(connection, self.role, self.durability)
        connection.wait_patiently(holdings.PATIENCE_SECONDS)
        return connection

    def validate_thread_sharing(self) -> None:
        # Django looks at this last and takes a lock for the rest, with every cursor.
        if self._thread_ident != get_ident():
            super().validate_thread_sharing()

    def path(self, name: str | Path) -> Path | None:
        """The file behind a database name; None for one in memory or a URI, which are Django's own."""
        if self.creation.is_in_memory_db(name) or str(name).startswith("file:"):
            return None
        return Path(name).absolute()

    def create_cursor(self, name: str | None = None) -> Cursor:  # noqa: ARG002 - Django's signature
        assert self.connection is not None
        return DjangoCursor(self.connection)

    def _start_transaction_under_autocommit(self) -> None:
        if self.queries_logged or self.execute_wrappers or self.connection is None:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
            return
        # Nobody listens, so without Django's cursor around ours, which costs more than our turn.
        self.validate_thread_sharing()
        with self.wrap_database_errors:
            self.connection.begin(self.transaction_mode or "IMMEDIATE")

    def _commit(self) -> None:
        if self.queries_logged or self.connection is None:
            super()._commit()  # type: ignore[misc]  # not in the stubs
            return
        with self.wrap_database_errors:
            self.connection.commit()

    def _set_autocommit(self, autocommit: bool) -> None:
        # What Python begins by itself, when autocommit is off, begins IMMEDIATE too.
        assert self.connection is not None
        with self.wrap_database_errors:
            self.connection.isolation_level = None if autocommit else "IMMEDIATE"


def _forget_in_child() -> None:
    """A forked child neither uses nor closes its parent's connections (`holdings` keeps them alive)."""
    for wrapper in list(_wrappers):
        wrapper.connection = None


os.register_at_fork(after_in_child=_forget_in_child)
