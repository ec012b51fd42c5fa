"""Settings of Django's own tests: two databases, files in a scratch directory, on the engine to test."""

import os
from pathlib import Path

ENGINE = os.environ["CONFORMANCE_ENGINE"]
SCRATCH = Path(os.environ["CONFORMANCE_SCRATCH"])

DATABASES = {
    alias: {
        "ENGINE": ENGINE,
        "NAME": str(SCRATCH / f"{alias}.sqlite3"),
        "TEST": {"NAME": str(SCRATCH / f"test_{alias}.sqlite3")},
    }
    for alias in ("default", "other")
}
TEST_RUNNER = "tests.conformance.django_run.Recorder"

# The rest is as in Django's own tests/test_sqlite.py: its tests count on it.
SECRET_KEY = "only for these tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
