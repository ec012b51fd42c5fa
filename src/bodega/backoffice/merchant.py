"""The shop's own data and its pages of text."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from bodega.backoffice.editing import ShopAdmin
from bodega.merchant.models import Merchant, Page


@admin.register(Merchant)
class MerchantAdmin(ShopAdmin):
    fieldsets = (
        ("Shop", {"fields": ("name", "tagline", "announcement")}),
        (
            "Company",
            {
                "fields": (
                    "legal_name",
                    "street",
                    ("postcode", "city", "country"),
                    ("vat_id", "tax_number"),
                )
            },
        ),
        ("Contact", {"fields": (("email", "phone"), "orders_email")}),
        ("Money", {"fields": (("currency", "prices_include_tax"), "language")}),
        ("Invoices", {"fields": (("invoice_prefix", "credit_note_prefix"), "invoice_note")}),
        ("Orders", {"fields": (("order_prefix", "reservation_minutes", "withdrawal_days"),)}),
    )

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Merchant | None = None) -> bool:
        return False

    def changelist_view(
        self, _request: HttpRequest, _context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one merchant: go straight to it."""
        Merchant.current()
        return HttpResponseRedirect(reverse("admin:merchant_merchant_change", args=(1,)))


@admin.register(Page)
class PageAdmin(ShopAdmin):
    list_display = ("title", "kind", "in_footer", "position", "updated_at")
    list_editable = ("in_footer", "position")
    prepopulated_fields = {"slug": ("title",)}
