"""All of the settings; what is Bodega's is marked."""

import os
from pathlib import Path

import bodega.databases  # noqa: F401 - Bodega's. First: one SQLite library in this process

DIRECTORY = Path(os.environ.get("GUESTBOOK_DIRECTORY") or Path(__file__).parent.parent)

DATABASES = {
    "default": {
        "ENGINE": "bodega.databases.engine",  # Bodega's
        "NAME": DIRECTORY / "guestbook.sqlite3",
        "CONN_MAX_AGE": None,
        # Commit at once, wait for the disk together, before anything is acknowledged. Without this
        # line every commit waits for the disk alone ("full"), and nothing else has to be done.
        "OPTIONS": {"durability": "group"},  # Bodega's
    }
}
MIDDLEWARE = ["bodega.databases.middleware.DurableAnswers"]  # Bodega's, the first of the list

INSTALLED_APPS = ["guestbook"]
ROOT_URLCONF = "guestbook.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "only an example"
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
