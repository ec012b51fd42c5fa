"""The application of the ASGI server: `bodega.web.asgi:application`."""

import os

import bodega.databases  # noqa: F401 - before Django: one SQLite library

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")

from django.core.wsgi import get_wsgi_application

django = get_wsgi_application()  # sets Django up, which what follows relies on

from bodega.web.door import Door

application = Door(django)
