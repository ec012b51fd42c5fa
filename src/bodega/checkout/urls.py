"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from bodega.checkout import views

app_name = "checkout"
urlpatterns: list[URLPattern | URLResolver] = [path("", views.checkout, name="page")]
