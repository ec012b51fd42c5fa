"""Addresses of the API."""

from django.urls import URLPattern, URLResolver, path, re_path

from bodega.api import answering, views

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/<str:number>/", views.order, name="order"),
    path("orders/<str:number>/refunds/", views.refunds, name="refunds"),
    re_path(r"^", answering.nothing_here),
]
