"""Addresses of the back office that the admin does not make itself."""

from django.urls import URLPattern, URLResolver, path

from bodega.backoffice.originals import original

urlpatterns: list[URLPattern | URLResolver] = [path("originals/<path:name>", original)]
