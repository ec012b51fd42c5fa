"""Orders: a page that reads as the order's story, with the next action on top."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from bodega.backoffice import cancelling, letters, parcels, refund_form, withdrawals
from bodega.backoffice.editing import ReadOnly, ShopAdmin, actor_of
from bodega.lib.clock import utc_now
from bodega.orders import models, timeline
from bodega.payments.portions import standing


class NoteForm(forms.ModelForm[models.Order]):
    """An order is never edited; a note can be added to its timeline."""

    new_note = forms.CharField(
        required=False,
        max_length=400,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Added to the timeline with your name.",
    )
    is_public = forms.BooleanField(required=False, label="Show it to the customer")

    class Meta:
        model = models.Order
        fields: tuple[str, ...] = ()


@admin.register(models.Order)
class OrderAdmin(ShopAdmin):
    form = NoteForm
    list_display = ("number", "state", "who", "amount", "placed_at", "paid_at", "flags")
    list_filter = (
        "status",
        "is_oversold",
        "is_recovered",
        ("placed_at", admin.DateFieldListFilter),
    )
    search_fields = ("number", "email", "addresses__name", "lines__sku")
    search_help_text = "Number, e-mail, name or SKU"
    date_hierarchy = "placed_at"
    fieldsets = ((None, {"fields": ("new_note", "is_public")}),)
    actions = ("mark_shipped",)
    # Outside the note's form: the page has forms of its own, and forms cannot be nested.
    change_form_outer_before_template = "backoffice/order.html"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[models.Order]":
        orders: QuerySet[models.Order] = super().get_queryset(request)
        return orders.prefetch_related("addresses")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, _request: HttpRequest, _obj: models.Order | None = None
    ) -> bool:
        return False

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="status",
        ordering="status",
        label={"paid": "success", "awaiting_payment": "warning", "fulfilled": "info"},
    )
    def state(self, order: models.Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @admin.display(description="customer", ordering="email")
    def who(self, order: models.Order) -> str:
        address = next(iter(order.addresses.all()), None)
        return address.name if address else order.email

    @admin.display(description="total", ordering="total")
    def amount(self, order: models.Order) -> str:
        return str(order.total_money)

    @admin.display(description="")
    def flags(self, order: models.Order) -> str:
        words = {
            "oversold": order.is_oversold,
            "recovered": order.is_recovered,
            "refunded": order.refunded > 0,
        }
        return ", ".join(word for word, is_set in words.items() if is_set)

    @admin.action(description="Ship all that remains, without tracking", permissions=["change"])
    def mark_shipped(self, request: HttpRequest, chosen: "QuerySet[models.Order]") -> None:
        parcels.ship_all(request, chosen)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **options: Any
    ) -> Any:
        order = context["original"]
        context |= {"title": f"Order {order.number}", **refund_form.shown(order, standing(order))}
        for part in (parcels, cancelling, withdrawals, letters):
            context |= part.shown(order)
        return super().render_change_form(request, context, **options)

    def save_model(
        self, request: HttpRequest, order: models.Order, form: Any, change: bool
    ) -> None:
        note = form.cleaned_data["new_note"]
        if note:
            public = form.cleaned_data["is_public"]
            who = actor_of(request)
            with transaction.atomic():
                timeline.record(order, "note", note, actor=who, is_public=public, at=utc_now())


@admin.register(models.Mail)
class MailAdmin(ReadOnly, ShopAdmin):
    list_display = ("kind", "recipient", "order", "state", "created_at", "sent_at")
    list_filter = ("state", "kind")
    search_fields = ("recipient", "order__number")
    list_select_related = ("order",)
