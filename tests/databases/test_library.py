import subprocess
import sys

import pytest

from bodega.databases.library import UnsafeLibrary, refuse_unsafe


@pytest.mark.parametrize(
    "version", [(3, 40, 1), (3, 44, 5), (3, 50, 6), (3, 51, 2), (3, 52, 0), (3, 7, 0)]
)
def test_a_version_with_the_wal_reset_bug_is_refused(version: tuple[int, int, int]) -> None:
    with pytest.raises(UnsafeLibrary, match="can lose commits"):
        refuse_unsafe(version)


@pytest.mark.parametrize("version", [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 4), (4, 0, 0)])
def test_a_fixed_version_is_accepted(version: tuple[int, int, int]) -> None:
    refuse_unsafe(version)
    assert version


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_sqlite3_means_pysqlite3_after_importing_the_ground() -> None:
    done = run(
        "import bodega.databases, sqlite3, sqlite3.dbapi2, pysqlite3; "
        "import django.db.backends.sqlite3.base as b; "
        "assert sqlite3 is pysqlite3 and b.Database is pysqlite3.dbapi2; "
        "libraries = {l.split()[-1] for l in open('/proc/self/maps') if 'sqlite' in l and '/' in l}; "
        "assert len(libraries) == 1, libraries; print(sqlite3.sqlite_version)"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() >= "3.53"


def test_a_process_that_has_pythons_own_sqlite3_is_refused() -> None:
    done = run("import sqlite3, bodega.databases")
    assert done.returncode != 0
    assert "two SQLite libraries" in done.stderr
