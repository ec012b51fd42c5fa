"""Addresses of the back office that the admin does not make itself."""

from django.urls import URLPattern, URLResolver, path

from bodega.backoffice import refunds
from bodega.backoffice.originals import original

urlpatterns: list[URLPattern | URLResolver] = [
    path("originals/<path:name>", original),
    path("orders/order/<int:pk>/refunds/", refunds.refunds, name="order_refunds"),
    path("refunds/<int:pk>/repetitions/", refunds.repetition, name="refund_repetition"),
    path("refunds/<int:pk>/settlement/", refunds.settlement, name="refund_settlement"),
]
