"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from bodega.cart import views

app_name = "cart"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.show, name="page"),
    path("lines/", views.add, name="lines"),
    path("lines/<int:line_id>/", views.line, name="line"),
    path("code/", views.code, name="code"),
    path("country/", views.country, name="country"),
]
