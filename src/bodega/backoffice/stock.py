"""Stock: numbers change only through `catalog.stock`, so every change has a reason and an actor."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.template.loader import render_to_string
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from bodega.backoffice.editing import ReadOnly, ShopAdmin, actor_of
from bodega.catalog import models, stock

BY_HAND = ("received", "counted", "returned", "damaged")


class StockForm(forms.ModelForm[models.Stock]):
    """The stock's settings, and one booking: a change with its reason."""

    change = forms.IntegerField(
        required=False,
        min_value=-1_000_000,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many came (12) or went (-3). Empty: nothing.",
    )
    reason = forms.ChoiceField(
        choices=[(r.value, r.label) for r in models.Movement.Reason if r.value in BY_HAND],
        widget=UnfoldAdminSelectWidget,
    )
    remark = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="For the ledger.",
    )

    class Meta:
        model = models.Stock
        fields = ("is_tracked", "may_backorder", "low_at")

    def clean_change(self) -> int:
        change: int = self.cleaned_data["change"] or 0
        on_hand = self.instance.on_hand
        if on_hand + change < 0:
            raise forms.ValidationError(f"There are only {on_hand} on hand.")
        return change


class Level(admin.SimpleListFilter):
    """Which variants need attention."""

    title = "level"
    parameter_name = "level"

    def lookups(self, *_: Any) -> list[tuple[str, str]]:
        return [("low", "Low"), ("out", "Sold out"), ("over", "Oversold")]

    def queryset(self, _request: HttpRequest, rows: Any) -> Any:
        left = rows.filter(is_tracked=True).annotate(left=F("on_hand") - F("reserved"))
        if self.value() == "low":
            return left.filter(left__lte=F("low_at"), left__gt=0)
        if self.value() == "out":
            return left.filter(left=0)
        return left.filter(left__lt=0) if self.value() == "over" else rows


@admin.register(models.Stock)
class StockAdmin(ShopAdmin):
    form = StockForm
    list_display = ("sku", "product", "on_hand", "reserved", "free", "low_at", "may_backorder")
    list_filter = (Level, "is_tracked", "may_backorder")
    search_fields = ("variant__sku", "variant__product__title")
    search_help_text = "SKU or product"
    list_select_related = ("variant__product",)
    readonly_fields = ("variant", "on_hand", "reserved", "ledger")
    fieldsets = (
        (None, {"fields": ("variant", ("on_hand", "reserved"))}),
        ("Book a change", {"fields": (("change", "reason"), "remark")}),
        ("Rules", {"fields": (("is_tracked", "may_backorder"), "low_at")}),
        ("Last movements", {"fields": ("ledger",)}),
    )

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False  # a variant brings its stock with it

    def has_delete_permission(
        self, _request: HttpRequest, _obj: models.Stock | None = None
    ) -> bool:
        return False

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, row: models.Stock) -> str:
        return row.variant.sku

    @admin.display(ordering="variant__product__title")
    def product(self, row: models.Stock) -> str:
        return str(row.variant)

    @admin.display(description="available")
    def free(self, row: models.Stock) -> int:
        return row.available

    @admin.display(description="ledger")
    def ledger(self, row: models.Stock) -> str:
        movements = row.variant.movements.all()[:30]
        return render_to_string("backoffice/movements.html", {"movements": movements})

    def save_model(self, request: HttpRequest, row: models.Stock, form: Any, change: bool) -> None:
        """Settings by column, so a purchase in the same moment is not overwritten; then the booking."""
        words = form.cleaned_data
        with transaction.atomic():
            settings = {name: words[name] for name in ("is_tracked", "may_backorder", "low_at")}
            models.Stock.objects.filter(pk=row.pk).update(**settings)
            if words["change"]:
                stock.adjust(
                    row.pk,
                    words["change"],
                    words["reason"],
                    actor=actor_of(request),
                    note=words["remark"],
                )


@admin.register(models.Reservation)
class ReservationAdmin(ReadOnly, ShopAdmin):
    list_display = ("reference", "variant", "quantity", "state", "expires_at")
    list_filter = ("state",)
    search_fields = ("reference", "variant__sku")
    list_select_related = ("variant__product",)


@admin.register(models.Movement)
class MovementAdmin(ReadOnly, ShopAdmin):
    list_display = (
        "at",
        "variant",
        "reason",
        "on_hand_delta",
        "reserved_delta",
        "actor",
        "reference",
    )
    list_filter = ("reason",)
    search_fields = ("variant__sku", "reference", "actor")
    list_select_related = ("variant__product",)
