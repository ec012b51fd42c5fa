"""Runs Django's own runtests.py in this process, one SQLite library first, and records what came of it.

`CONFORMANCE_RECORD` names the file into which the record is written; see `django_db` for the rest.
"""

import json
import os
import runpy
import sys
import unittest
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bodega.databases  # noqa: F401 - first: one SQLite library in this process

# isort: split
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test.runner import DiscoverRunner

from tests.conformance.record import Record

# No feature but the lack of one: a LIKE that folds ASCII. A single assertion asks for it, then expects
# what every other database finds; no test is skipped.
NO_FEATURES = {"has_case_insensitive_like"}


class Recorder(DiscoverRunner):
    """Django's test runner, which also writes the record."""

    def suite_result(self, suite: Any, result: Any, **options: Any) -> int:
        failed = {name_of(test): told for test, told in [*result.failures, *result.errors]}
        for test in result.unexpectedSuccesses:
            failed[name_of(test)] = "Django expects this test to fail here, and it passed."
        skipped = {name_of(test): reason for test, reason in result.skipped}
        record = Record(result.testsRun, failed, skipped, switched_off())
        Path(os.environ["CONFORMANCE_RECORD"]).write_text(json.dumps(asdict(record)))
        return super().suite_result(suite, result, **options)


def switched_off() -> list[str]:
    """The names of the features that the engine under test says it lacks, and Django's own has."""
    theirs, ours = DatabaseWrapper.features_class(connection), connection.features
    names = [n for n in dir(theirs) if not n.startswith("_") and n not in NO_FEATURES]
    return [
        name for name in names if getattr(theirs, name) is True and not getattr(ours, name, False)
    ]


def name_of(test: Any) -> str:
    """The dotted name of a test; of the whole test for one of its subtests."""
    whole: unittest.TestCase = getattr(test, "test_case", test)
    return str(whole.id())


if __name__ == "__main__":
    tests = Path(sys.argv.pop(1))
    sys.path.insert(0, str(tests))
    os.chdir(tests)
    sys.argv[0] = str(tests / "runtests.py")
    runpy.run_path(sys.argv[0], run_name="__main__")
