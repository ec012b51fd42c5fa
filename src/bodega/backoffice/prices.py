"""Taxes and discount codes: what changes a price."""

from django.contrib import admin

from bodega.backoffice.editing import ReadOnly, ShopAdmin, ShopInline, money
from bodega.discounts.models import Discount, Redemption
from bodega.taxes.models import TaxClass, TaxRate


class Rates(ShopInline):
    model = TaxRate
    fields = ("country", "region", "name", "ppm")
    percent_fields = ("ppm",)


@admin.register(TaxClass)
class TaxClassAdmin(ShopAdmin):
    list_display = ("name", "code")
    inlines = (Rates,)


@admin.register(Discount)
class DiscountAdmin(ShopAdmin):
    list_display = (
        "code",
        "kind",
        "worth",
        "minimum_value",
        "used",
        "limit",
        "ends_at",
        "is_active",
    )
    list_filter = ("kind", "is_active")
    search_fields = ("code",)
    money_fields = ("amount", "minimum")
    fieldsets = (
        (None, {"fields": ("code", "kind", ("percent", "amount"), "is_active")}),
        (
            "Conditions",
            {"fields": ("minimum", ("starts_at", "ends_at"), ("limit", "once_per_customer"))},
        ),
    )

    @admin.display(description="worth")
    def worth(self, discount: Discount) -> str:
        if discount.kind == Discount.Kind.PERCENT:
            return f"{discount.percent} %"
        return money(discount.amount) if discount.kind == Discount.Kind.FIXED else "shipping"

    @admin.display(description="from", ordering="minimum")
    def minimum_value(self, discount: Discount) -> str:
        return money(discount.minimum) if discount.minimum else "–"


@admin.register(Redemption)
class RedemptionAdmin(ReadOnly, ShopAdmin):
    list_display = ("discount", "email", "reference", "at")
    search_fields = ("email", "reference", "discount__code")
    list_select_related = ("discount",)
