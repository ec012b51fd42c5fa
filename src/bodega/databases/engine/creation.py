"""Test databases that are files: made, copied and deleted without touching what is open."""

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import creation

from bodega.databases import holdings


class DatabaseCreation(creation.DatabaseCreation):
    """Django copies and deletes the file by hand; ours is held by an anchor and has a `-wal`."""

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        source = self.connection.settings_dict["NAME"]
        if self.is_in_memory_db(source):
            super()._clone_test_db(suffix, verbosity, keepdb)  # type: ignore[misc]  # not in the stubs
            return
        target = str(self.get_test_db_clone_settings(suffix)["NAME"])
        if keepdb and Path(target).exists():
            return
        _delete(target)
        # Through SQLite: a copy by hand would miss the `-wal`, and drop our locks on the source.
        with self.connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [target])

    def _destroy_test_db(self, test_database_name: Any, verbosity: int) -> None:  # noqa: ARG002 - Django's
        if test_database_name and not self.is_in_memory_db(test_database_name):
            self.connection.close()
            _delete(str(test_database_name))


def _delete(name: str) -> None:
    holdings.let_go(Path(name).absolute())
    for suffix in ("-wal", "-shm", ""):
        Path(f"{name}{suffix}").unlink(missing_ok=True)
