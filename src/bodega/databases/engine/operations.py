"""Where Django finds our compiler."""

from django.db.backends.sqlite3 import operations


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, with the compiler that knows our lookups."""

    compiler_module = "bodega.databases.engine.compiler"
