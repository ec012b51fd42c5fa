"""Do Stripe and we agree? Three lists that should be empty, and for each row what to do about it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from bodega.backoffice import agreement
from bodega.backoffice.editing import ReadOnly, ShopAdmin, actor_of
from bodega.lib.clock import utc_now
from bodega.payments import stripe
from bodega.payments.models import Discrepancy, Reconciliation
from bodega.payments.reconciling import jobs
from bodega.payments.reconciling.looking import explain, look_again

LONGEST_NOTE = 400


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnly, ShopAdmin):
    """The list is a page of its own; a row on its own can be looked at, and linked to."""

    def changelist_view(
        self, request: HttpRequest, _context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        words = {
            **admin.site.each_context(request),
            "title": "Reconciliation",
            **agreement.facts(timezone.localtime()),
        }
        return render(request, "backoffice/reconciliation.html", words)


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnly, ShopAdmin):
    list_display = (
        *("started_at", "kind", "since", "finished_at", "seen", "settled", "rebuilt", "lag"),
        *("findings", "error"),
    )
    list_filter = ("kind", ("finished_at", admin.EmptyFieldListFilter))
    date_hierarchy = "started_at"


@staff_member_required
@require_POST
def second_look(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle, rebuild or import what can be, and compare once more."""
    check_may_change(request)
    row = get_object_or_404(Discrepancy, pk=pk)
    try:
        agrees = look_again(row, actor=actor_of(request))
    except stripe.StripeUnreachable as error:
        messages.error(request, f"Stripe does not answer: {error}. Try again in a moment.")
    except stripe.StripeRefused as error:
        messages.error(request, f"Stripe refuses: {error}")
    else:
        tell(request, row, agrees)
    return to_page()


def tell(request: HttpRequest, row: Discrepancy, agrees: bool) -> None:
    """How it went."""
    if agrees:
        messages.success(request, f"{row.reference}: Stripe and the shop agree now.")
    else:
        messages.warning(
            request, f"{row.reference}: it still differs. See the row for what is known."
        )


@staff_member_required
@require_POST
def explanation(request: HttpRequest, pk: int) -> HttpResponse:
    """A person knows why, and says so; the row is closed while its amounts stay the same."""
    check_may_change(request)
    row = get_object_or_404(Discrepancy, pk=pk)
    note = request.POST.get("note", "").strip()[:LONGEST_NOTE]
    if not note:
        messages.error(request, "Say why they differ: “paid in cash, entered by hand”.")
    elif explain(row, note, actor=actor_of(request), now=utc_now()):
        messages.success(request, f"{row.reference} is explained.")
    return to_page()


@staff_member_required
@require_POST
def comparison(request: HttpRequest) -> HttpResponse:
    """Compare everything now: a job, because it may take minutes."""
    check_may_change(request)
    jobs.compare_everything.enqueue()
    messages.success(request, "Comparing the last 35 days. Load this page again in a minute.")
    return to_page()


def check_may_change(request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    if not request.user.has_perm("payments.change_discrepancy"):
        raise PermissionDenied("You may not settle differences with Stripe. Ask the owner.")


def to_page() -> HttpResponse:
    """Back to the lists."""
    return HttpResponseRedirect(reverse("admin:payments_discrepancy_changelist"))
