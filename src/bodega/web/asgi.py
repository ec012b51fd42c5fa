"""The application of an ASGI server: `bodega.web.asgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

import bodega.databases  # noqa: F401 - before Django: one SQLite library
from bodega.payments.checks import refuse_unsafe
from bodega.web.door import Door


def _open_the_door() -> Door:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")
    application = get_wsgi_application()
    refuse_unsafe()
    return Door(application)


application = _open_the_door()
