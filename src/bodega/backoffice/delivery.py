"""Shipping zones, methods and their prices."""

from django.contrib import admin

from bodega.backoffice.editing import ShopAdmin, ShopInline
from bodega.shipping import models
from bodega.shipping.bands import BandFormSet


class Countries(ShopInline):
    model = models.ZoneCountry
    fields = ("country",)


class Methods(ShopInline):
    model = models.Method
    fields = ("name", "basis", "free_over", "min_days", "max_days", "is_active", "position")
    money_fields = ("free_over",)
    show_change_link = True


class Bands(ShopInline):
    model = models.Band
    formset = BandFormSet
    fields = ("start", "end", "price")
    money_fields = ("price",)


@admin.register(models.Zone)
class ZoneAdmin(ShopAdmin):
    list_display = ("name", "served", "position")
    inlines = (Countries, Methods)

    @admin.display(description="countries")
    def served(self, zone: models.Zone) -> str:
        return ", ".join(place.country for place in zone.countries.all())


@admin.register(models.Method)
class MethodAdmin(ShopAdmin):
    list_display = ("name", "zone", "basis", "is_active")
    list_filter = ("zone", "basis", "is_active")
    money_fields = ("free_over",)
    inlines = (Bands,)
    list_select_related = ("zone",)
