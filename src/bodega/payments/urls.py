"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from bodega.payments import returning, webhook

app_name = "payments"
urlpatterns: list[URLPattern | URLResolver] = [
    path("webhook/", webhook.webhook, name="webhook"),
    path("return/", returning.success, name="return"),
    path("cancelled/<str:public_id>/", returning.cancelled, name="cancelled"),
    path("cancellations/<str:public_id>/", returning.cancellation, name="cancellation"),
    path("sessions/<str:public_id>/", returning.session, name="session"),
]
