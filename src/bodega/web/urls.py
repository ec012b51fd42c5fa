"""Addresses of this room: none in Django.

`/up`, `/ready`, `/-/volume`, `/live/`, `/static/` and `/media/` are answered in front of it, by
`bodega.web.door`.
"""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
