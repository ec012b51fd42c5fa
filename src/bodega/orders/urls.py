"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from bodega.orders import declaring, downloads, views

app_name = "orders"
urlpatterns: list[URLPattern | URLResolver] = [
    path("withdrawal/", declaring.guest, name="withdrawal"),
    path("withdrawal/confirmation/", declaring.confirm, name="withdrawal-confirmation"),
    path("<str:public_id>/withdrawal/", declaring.of_order, name="order-withdrawal"),
    path("<str:public_id>/documents/<int:pk>/", downloads.document, name="document"),
    path("<str:public_id>/", views.status, name="status"),
]
