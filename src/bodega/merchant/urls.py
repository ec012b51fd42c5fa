"""Addresses of this room, below /pages/."""

from django.urls import URLPattern, URLResolver, path

from bodega.merchant import views

urlpatterns: list[URLPattern | URLResolver] = [path("<slug:slug>/", views.page, name="page")]
