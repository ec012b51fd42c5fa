"""Money as it moved: attempts, ledger, Stripe's events. Look, never touch."""

from django.contrib import admin

from bodega.backoffice.editing import ReadOnly, ShopAdmin
from bodega.lib.money import Money
from bodega.payments import models


@admin.register(models.Attempt)
class AttemptAdmin(ReadOnly, ShopAdmin):
    list_display = ("order", "n", "state", "value", "session_id", "created_at")
    list_filter = ("state", "livemode")
    search_fields = ("order__number", "session_id", "payment_intent")
    list_select_related = ("order",)

    @admin.display(description="amount", ordering="amount")
    def value(self, attempt: models.Attempt) -> str:
        return str(Money(attempt.amount, attempt.currency))


@admin.register(models.LedgerEntry)
class LedgerAdmin(ReadOnly, ShopAdmin):
    list_display = ("at", "order", "kind", "value", "payment_intent", "livemode")
    list_filter = ("kind", "livemode")
    search_fields = ("order__number", "payment_intent", "charge")
    list_select_related = ("order",)
    date_hierarchy = "at"

    @admin.display(description="amount", ordering="amount")
    def value(self, entry: models.LedgerEntry) -> str:
        return str(Money(entry.amount, entry.currency))


@admin.register(models.WebhookEvent)
class EventAdmin(ReadOnly, ShopAdmin):
    list_display = ("received_at", "type", "object_id", "processed_at", "outcome")
    list_filter = ("type", "livemode")
    search_fields = ("event_id", "object_id")
