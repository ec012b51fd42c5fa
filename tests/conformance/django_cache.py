"""Django's base cache tests against `bodega.cache`: `bin/conformance django-cache`.

`--backend PATH` runs them against another backend, to see that they can fail (Django's dummy cache
fails most of them).
"""

import argparse
import sys
import tempfile
import unittest
from pathlib import Path

import bodega.databases  # noqa: F401 - first: one SQLite library in this process
from tests.conformance.django_source import django_tests

OURS = "bodega.cache.backend.SqliteCache"
EXCLUDED: dict[str, str] = {}  # name of a test → why it does not apply to us


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/conformance django-cache")
    parser.add_argument("--backend", default=OURS, help="dotted path of the backend")
    backend = parser.parse_args().backend
    with tempfile.TemporaryDirectory() as scratch:
        sys.path.insert(0, str(django_tests()))
        _configure(Path(scratch))
        return 0 if _run(_suite(backend, scratch)) else 1


def _configure(volume: Path) -> None:
    """Just enough of a project for the tests' one model and one middleware."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        SECRET_KEY="only for these tests",
        INSTALLED_APPS=["cache"],
        DATABASES={"default": {"ENGINE": "bodega.databases.engine", "NAME": volume / "t.sqlite3"}},
        ALLOWED_HOSTS=["testserver"],
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


def _suite(backend: str, location: str) -> unittest.TestSuite:
    from django.test import TestCase, override_settings

    from cache import tests  # Django's, from its source

    caches = tests.caches_setting_for_tests(BACKEND=backend, LOCATION=location)

    @override_settings(CACHES=caches)
    class Conformance(tests.BaseCacheTests, TestCase):
        pass

    names = unittest.TestLoader().getTestCaseNames(Conformance)
    unknown = set(EXCLUDED) - set(names)
    assert not unknown, f"excluded, but not there: {unknown}"
    for name, reason in EXCLUDED.items():
        print(f"excluded: {name}: {reason}")
    return unittest.TestSuite(Conformance(name) for name in names if name not in EXCLUDED)


def _run(suite: unittest.TestSuite) -> bool:
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    return result.wasSuccessful() and result.testsRun > 0 and not result.skipped


if __name__ == "__main__":
    sys.exit(main())
