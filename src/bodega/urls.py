"""Every address of the shop, room by room."""

from django.contrib import admin
from django.urls import include, path

admin.autodiscover()

urlpatterns = [
    path("backoffice/", include("bodega.backoffice.urls")),
    path("backoffice/", admin.site.urls),
    path("api/", include("bodega.api.urls")),
    path("cart/", include("bodega.cart.urls")),
    path("checkout/", include("bodega.checkout.urls")),
    path("orders/", include("bodega.orders.urls")),
    path("payments/", include("bodega.payments.urls")),
    path("pages/", include("bodega.merchant.urls")),
    path("", include("bodega.web.urls")),
    path("", include("bodega.catalog.urls")),
]

handler400 = "bodega.web.errors.bad_request"
handler403 = "bodega.web.errors.forbidden"
handler404 = "bodega.web.errors.not_found"
handler500 = "bodega.web.errors.server_error"
