"""What our engine can do that Django's SQLite backend cannot, or does otherwise."""

from django.db.backends.sqlite3 import features


class DatabaseFeatures(features.DatabaseFeatures):
    """Told to Django and to its test suites."""

    # Django tries a JSON function at the first JSON query of a process, in a transaction: with ours that
    # is IMMEDIATE, and a page that only reads would wait for whoever is writing.
    supports_json_field = True
    has_case_insensitive_like = False  # `contains`, `startswith` and `endswith` are exact
    supports_json_field_contains = True
    json_key_contains_list_matching_requires_list = True  # as on PostgreSQL
