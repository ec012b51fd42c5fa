"""What our engine can do that Django's SQLite backend cannot, or does otherwise."""

from django.db.backends.sqlite3 import features


class DatabaseFeatures(features.DatabaseFeatures):
    """Told to Django and to its test suites."""

    has_case_insensitive_like = False  # `contains`, `startswith` and `endswith` are exact
    supports_json_field_contains = True
    json_key_contains_list_matching_requires_list = True  # as on PostgreSQL
