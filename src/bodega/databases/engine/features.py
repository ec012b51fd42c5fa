"""What the engine can do: what Django would otherwise find out by trying."""

from django.db.backends.sqlite3 import features


class DatabaseFeatures(features.DatabaseFeatures):
    """SQLite's, of the library we bring."""

    # Django tries a JSON function at the first JSON query of a process, in a transaction: with ours that
    # is IMMEDIATE, and a page that only reads would wait for whoever is writing.
    supports_json_field = True
