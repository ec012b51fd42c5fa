"""The machinery without the shop: what the worker processes of these tests run on.

That this is enough is a promise of its own: jobs and outbox work in any Django project.
"""

import os

import bodega.databases  # noqa: F401 - first: one SQLite library
from bodega.databases.layout import FILES, volume_directory

SECRET_KEY = "tests"
RELEASE = os.environ.get("BODEGA_RELEASE", "test")
INSTALLED_APPS = ["django_tasks", "bodega.jobs", "bodega.outbox"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {
    file.alias: {
        "ENGINE": "bodega.databases.engine",
        "NAME": volume_directory() / file.name,
        "CONN_MAX_AGE": None,
        "OPTIONS": {"role": role},
    }
    for role, file in FILES.items()
    if file.alias
}
DATABASE_ROUTERS = ["bodega.databases.router.FileRouter"]
TASKS = {"default": {"BACKEND": "bodega.jobs.backend.SqliteBackend", "QUEUES": []}}
RECURRING = [("tests.jobs.tasks.tick", 1)] if os.environ.get("TESTS_TICK") else []
