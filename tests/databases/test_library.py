import subprocess
import sys
from pathlib import Path

import pytest

from bodega.databases import library
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


def test_a_second_library_is_refused_and_its_importer_named(tmp_path: Path) -> None:
    (tmp_path / "culprit.py").write_text("x = 1\nimport _sqlite3\n")
    done = run(f"import sys; sys.path.append({str(tmp_path)!r}); import bodega.databases, culprit")
    assert done.returncode != 0
    assert "SecondLibrary" in done.stderr
    assert f"{tmp_path / 'culprit.py'}:2 imports _sqlite3" in done.stderr


@pytest.mark.parametrize("module", ["apsw", "sqlcipher3", "apsw.ext"])
def test_a_module_that_would_like_one_can_do_without(module: str) -> None:
    done = run(
        "import bodega.databases\n"
        f"try:\n    import {module}\nexcept ImportError as error:\n    print(error)"
    )
    assert "brings a second SQLite library" in done.stdout


def test_one_that_came_another_way_is_found_in_memory() -> None:
    done = run(
        "import bodega.databases, importlib.machinery, importlib.util, sys\n"
        "from bodega.databases import library\n"
        "library.refuse_second()\n"
        "sys.meta_path.pop(0)  # the guard: this test is the one who gets past it\n"
        "import _sqlite3\n"
        "library.refuse_second()"
    )
    assert done.returncode != 0
    assert "UnsafeLibrary: A second SQLite library is loaded" in done.stderr
    assert "(module _sqlite3)" in done.stderr


@pytest.mark.parametrize(
    ("file", "is_one"),
    [
        ("/usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6", True),
        ("/x/lib-dynload/_sqlite3.cpython-311-x86_64-linux-gnu.so", True),
        ("/x/site-packages/apsw/__init__.cpython-311-x86_64-linux-gnu.so", True),
        ("/x/primary.sqlite3-shm", False),
        ("/x/primary.sqlite3", False),
        ("/usr/lib/libssl.so.3", False),
    ],
)
def test_libraries_are_told_from_databases(file: str, is_one: bool) -> None:
    assert bool(library.LIBRARY_FILE.search(file)) is is_one
