"""Withdrawals: who wants out of a contract, in time or late, and what the merchant decides."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from bodega.backoffice.editing import ReadOnly, ShopAdmin, actor_of
from bodega.backoffice.parcels import check_may_change, to_order
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import statements, withdrawing
from bodega.orders.models import Order, Withdrawal


class DecisionForm(forms.Form):
    """Why it is refused; accepting needs no reason."""

    reason = forms.CharField(
        required=False,
        max_length=380,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Needed to refuse; the customer reads it.",
    )

    def __init__(self, withdrawal: Withdrawal, data: Any = None) -> None:
        super().__init__(data, prefix=f"withdrawal{withdrawal.pk}")


def shown(order: Order) -> dict[str, Any]:
    """What the order's page shows of withdrawals."""
    days = Merchant.current().withdrawal_days
    rows = [
        {
            "row": row,
            "content": statements.receipt(row),
            "is_late": withdrawing.is_late(row, days),
            "form": DecisionForm(row) if row.state == Withdrawal.State.CONFIRMED else None,
        }
        for row in order.withdrawals.all()
    ]
    return {"withdrawals": rows, "withdrawal_deadline": withdrawing.deadline(order, days)}


@staff_member_required
@require_POST
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or refuse. Accepted ones lead to the refund form."""
    check_may_change(request)
    withdrawal = get_object_or_404(Withdrawal.objects.select_related("order"), pk=pk)
    form = DecisionForm(withdrawal, request.POST)
    accepted = "accept" in request.POST
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors.get("reason", []))))
        return to_order(withdrawal.order)
    try:
        is_news = withdrawing.decide(
            withdrawal,
            accepted=accepted,
            reason="" if accepted else form.cleaned_data["reason"],
            actor=actor_of(request),
            at=utc_now(),
        )
    except withdrawing.NeedsReason as error:
        messages.error(request, str(error))
        return to_order(withdrawal.order)
    return say(request, withdrawal, accepted, is_news)


def say(
    request: HttpRequest, withdrawal: Withdrawal, accepted: bool, is_news: bool
) -> HttpResponse:
    """Where it goes on."""
    order = withdrawal.order
    if not is_news:
        messages.info(request, "That was decided before; look at the timeline.")
    elif not accepted:
        messages.success(request, "Refused; the customer is told why.")
    else:
        of = ", ".join(map(str, withdrawal.lines.select_related("line"))) or withdrawal.statement
        messages.success(request, f"Accepted; the customer is told. Give the money back for {of}.")
        if request.user.has_perm("payments.add_refund"):
            whole = "?all=1" if withdrawal.is_whole else ""
            return HttpResponseRedirect(reverse("order_refunds", args=(order.pk,)) + whole)
    return to_order(order)


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnly, ShopAdmin):
    """The list; decided on the order's page."""

    list_display = ("confirmed_at", "standing", "of_order", "name", "what", "lateness", "decision")
    list_display_links = None
    list_filter = ("state",)
    search_fields = ("order__number", "name", "email")
    search_help_text = "Order, name or e-mail"
    date_hierarchy = "confirmed_at"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Withdrawal]":
        rows: QuerySet[Withdrawal] = super().get_queryset(request)
        return rows.select_related("order").prefetch_related("lines__line", "order__shipments")

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="state",
        ordering="state",
        label={"confirmed": "warning", "accepted": "success", "refused": "danger"},
    )
    def standing(self, row: Withdrawal) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @admin.display(description="order", ordering="order__number")
    def of_order(self, row: Withdrawal) -> str:
        url = reverse("admin:orders_order_change", args=(row.order_id,))
        return format_html('<a href="{}">{}</a>', url, row.order.number)

    @admin.display(description="of")
    def what(self, row: Withdrawal) -> str:
        if row.is_whole:
            return "the whole order"
        return ", ".join(map(str, row.lines.all())) or row.statement[:80]

    @admin.display(description="in time?")
    def lateness(self, row: Withdrawal) -> str:
        return "late" if withdrawing.is_late(row, Merchant.current().withdrawal_days) else "in time"
