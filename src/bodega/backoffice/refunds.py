"""Refunds and disputes: what was given back, what still has to be done, and by when."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.db.models.expressions import OrderBy
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from unfold.decorators import display

from bodega.backoffice.editing import ReadOnly, ShopAdmin, actor_of
from bodega.backoffice.refund_form import RefundForm, outcome
from bodega.lib.clock import utc_now
from bodega.orders import timeline
from bodega.orders.models import Order
from bodega.payments import portions, refunding
from bodega.payments.models import Dispute, Refund, RefundLine
from bodega.payments.portions import Wish

LEVELS = {"error": messages.ERROR, "warning": messages.WARNING, "success": messages.SUCCESS}


@staff_member_required
@require_http_methods(["GET", "HEAD", "POST"])
def refunds(request: HttpRequest, pk: int) -> HttpResponse:
    """An order's refunds: GET shows the form (`?all=1` filled in), POST makes one."""
    order = get_object_or_404(Order, pk=pk)
    check_may_refund(request)
    standing = portions.standing(order)
    if request.method != "POST":
        return form_page(request, RefundForm(standing, all_of_it="all" in request.GET))
    form = RefundForm(standing, request.POST)
    if not form.is_valid():
        return form_page(request, form)
    try:
        key = form.cleaned_data["key"]
        return give(request, order, form.wish, key)
    except (portions.NotRefundable, refunding.KeyReused) as error:
        form.add_error(None, str(error))
        return form_page(request, form)


@staff_member_required
@require_POST
def repetition(request: HttpRequest, pk: int) -> HttpResponse:
    """A refund that came back is made again: the same amount, without a second credit note."""
    check_may_refund(request)
    first = get_object_or_404(Refund.objects.select_related("order"), pk=pk)
    wish = Wish(adjustment=first.amount, reason=first.reason, repeats_id=first.pk)
    try:
        return give(request, first.order, wish, f"repeat-{first.pk}-{first.repetitions.count()}")
    except (portions.NotRefundable, refunding.KeyReused) as error:
        messages.error(request, str(error))
        return to_order(first.order)


@staff_member_required
@require_POST
def settlement(request: HttpRequest, pk: int) -> HttpResponse:
    """What came back was paid in another way."""
    check_may_refund(request)
    first = get_object_or_404(Refund.objects.select_related("order"), pk=pk)
    note = request.POST.get("note", "").strip()[:200]
    if not note:
        messages.error(
            request, "Say how it was paid, for the timeline: “bank transfer of 3 March”."
        )
    elif refunding.settle_otherwise(first, note, actor=actor_of(request), now=utc_now()):
        messages.success(request, "Noted. Nothing is owed for that refund any more.")
    return to_order(first.order)


def check_may_refund(request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    if not request.user.has_perm("payments.add_refund"):
        raise PermissionDenied("You may not give money back. Ask somebody who manages people here.")


def give(request: HttpRequest, order: Order, wish: Wish, key: str) -> HttpResponse:
    """Make the refund and say how it went. Raises NotRefundable, KeyReused."""
    made = refunding.refund(order, wish, key=key, actor=actor_of(request), now=utc_now())
    level, sentence = outcome(made)
    messages.add_message(request, LEVELS[level], sentence)
    return to_order(order)


def to_order(order: Order) -> HttpResponse:
    """Back to the order's page."""
    return HttpResponseRedirect(reverse("admin:orders_order_change", args=(order.pk,)))


def form_page(request: HttpRequest, form: RefundForm) -> HttpResponse:
    """The form on a page of its own."""
    order = form.standing.order
    words = {
        **admin.site.each_context(request),
        "title": f"Refund of order {order.number}",
        "original": order,
        "standing": form.standing,
        "refund_form": form,
    }
    return render(request, "backoffice/refund.html", words, status=422 if form.errors else 200)


class RefundLines(admin.TabularInline[RefundLine, Refund]):
    """What it was for."""

    model = RefundLine
    extra = 0
    can_delete = False
    fields = readonly_fields = ("line", "quantity", "amount", "is_restocked")

    def has_add_permission(self, *_: Any) -> bool:
        return False


@admin.register(Refund)
class RefundAdmin(ReadOnly, ShopAdmin):
    list_display = ("created_at", "order", "value", "standing", "reason", "who", "note")
    list_filter = ("is_owed", "state", "reason", "is_imported")
    search_fields = ("order__number", "refund_id", "idempotency_key", "note")
    search_help_text = "Order, Stripe's id or note"
    list_select_related = ("order",)
    date_hierarchy = "created_at"
    ordering = ("-pk",)

    @admin.display(description="amount", ordering="amount")
    def value(self, refund: Refund) -> str:
        return str(refund.money)

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="state",
        ordering="state",
        label={"succeeded": "success", "pending": "info", "unknown": "warning", "failed": "danger"},
    )
    def standing(self, refund: Refund) -> tuple[str, str]:
        words = refund.get_state_display()
        return refund.state, f"{words}, owed" if refund.is_owed else words

    @admin.display(description="by", ordering="actor")
    def who(self, refund: Refund) -> str:
        return "Stripe's dashboard" if refund.actor == "stripe" else refund.actor


class Progress(admin.SimpleListFilter):
    """Which disputes need something."""

    title = "progress"
    parameter_name = "progress"

    def lookups(self, *_: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("answer", "To answer"), ("closed", "Closed")]

    def queryset(self, _request: HttpRequest, rows: Any) -> Any:
        if self.value() == "open":
            return rows.filter(closed_at=None)
        if self.value() == "answer":
            return rows.filter(closed_at=None, status__endswith="needs_response")
        return rows.exclude(closed_at=None) if self.value() == "closed" else rows


@admin.register(Dispute)
class DisputeAdmin(ShopAdmin):
    """Answered in Stripe's dashboard; the note is where the evidence is gathered before."""

    list_display = ("deadline", "order", "value", "why", "progress", "opened_at")
    list_filter = (Progress, "reason")
    search_fields = ("order__number", "dispute_id", "charge", "payment_intent")
    search_help_text = "Order or Stripe's id"
    list_select_related = ("order",)
    readonly_fields = ("order", "value", "why", "progress", "due_by", "opened_at", "closed_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "order",
                    ("value", "why"),
                    ("progress", "due_by"),
                    ("opened_at", "closed_at"),
                )
            },
        ),
        ("Evidence", {"fields": ("evidence_note",)}),
    )
    change_form_outer_before_template = "backoffice/dispute.html"

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Dispute | None = None) -> bool:
        return False

    def get_ordering(self, request: HttpRequest) -> Sequence[OrderBy]:
        """Open ones first, the nearest deadline on top."""
        return (F("closed_at").desc(nulls_first=True), F("due_by").asc(nulls_last=True))

    @admin.display(description="answer by", ordering="due_by")
    def deadline(self, dispute: Dispute) -> str:
        if dispute.closed_at is not None:
            return "closed"
        return f"{dispute.due_by:%d %b %Y}" if dispute.due_by else "no deadline"

    @admin.display(description="amount", ordering="amount")
    def value(self, dispute: Dispute) -> str:
        return str(dispute.money)

    @admin.display(description="reason", ordering="reason")
    def why(self, dispute: Dispute) -> str:
        return dispute.reason_text

    @admin.display(description="status", ordering="status")
    def progress(self, dispute: Dispute) -> str:
        return dispute.status_text

    def save_model(self, request: HttpRequest, dispute: Dispute, form: Any, change: bool) -> None:
        """The note alone, by column: Stripe's words may be changing at this moment."""
        note = form.cleaned_data["evidence_note"]
        if not Dispute.objects.filter(pk=dispute.pk).exclude(evidence_note=note).exists():
            return
        Dispute.objects.filter(pk=dispute.pk).update(evidence_note=note)
        if dispute.order is not None:
            who = actor_of(request)
            timeline.record(dispute.order, "note", "Evidence noted", actor=who, at=utc_now())
