"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from bodega.orders import views

app_name = "orders"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:public_id>/", views.status, name="status"),
]
