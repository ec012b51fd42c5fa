"""What our engine can do that Django's SQLite backend cannot, or does otherwise."""

from django.db.backends.sqlite3 import features
from django.utils.functional import cached_property


class DatabaseFeatures(features.DatabaseFeatures):
    """Told to Django and to its test suites."""

    has_case_insensitive_like = False  # `contains`, `startswith` and `endswith` are exact
    supports_json_field_contains = True
    json_key_contains_list_matching_requires_list = True  # as on PostgreSQL

    @cached_property
    def supports_json_field(self) -> bool:  # type: ignore[override]  # Django's is one too
        """Always: the library is ours. Django would try a function of JSON in a transaction.

        With ours that transaction is IMMEDIATE, and the first page of a process, which only reads, would
        wait for whoever is writing. What still fails here is a file that cannot be opened.
        """
        with self.connection.cursor():
            return True
