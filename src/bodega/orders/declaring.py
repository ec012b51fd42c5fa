"""“Withdraw from contract here”: the form, then “confirm withdrawal”, then the receipt.

Nobody learns here whether an order exists: a guest's statement is answered alike in any case.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant, Page
from bodega.orders import limiting, withdrawing
from bodega.orders.forms import GuestForm, OrderForm
from bodega.orders.models import Order
from bodega.orders.privacy import private
from bodega.orders.statements import Statement, StatementTooOld, moment, opened


@require_http_methods(["GET", "HEAD", "POST"])
@private
def guest(request: HttpRequest) -> HttpResponse:
    """Step one for everybody: which contract, whose, and of what."""
    offered()
    return declare(request, GuestForm(request.POST or None), {})


@require_http_methods(["GET", "HEAD", "POST"])
@private
def of_order(request: HttpRequest, public_id: str) -> HttpResponse:
    """Step one on the order's own page: the articles can be chosen."""
    offered()
    order = get_object_or_404(Order, public_id=public_id, paid_at__isnull=False)
    form = OrderForm(request.POST or None, order)
    last = withdrawing.deadline(order, Merchant.current().withdrawal_days)
    return declare(request, form, {"order": order, "deadline": last})


@require_POST
@private
def confirm(request: HttpRequest) -> HttpResponse:
    """Step two: what was shown is confirmed, stored, and acknowledged."""
    offered()
    try:
        stated = opened(request.POST.get("statement", ""))
    except StatementTooOld:
        return declare(request, GuestForm(), {"is_stale": True}, 422)
    if limiting.is_too_often(stated.email, request.META.get("REMOTE_ADDR", "")):
        return render(request, "orders/withdrawal/too_often.html", status=429)
    return acknowledge(request, stated)


def acknowledge(request: HttpRequest, stated: Statement) -> HttpResponse:
    """The receipt on the page: the same, whether there is such an order or not."""
    now = utc_now()
    filed = withdrawing.file(stated, at=now)
    words: dict[str, Any] = {"content": stated.content(), "stated": stated, "at": moment(now)}
    if stated.order and filed:
        words |= {"order": filed.order, "at": moment(filed.confirmed_at)}
    return render(request, "orders/withdrawal/received.html", words)


def declare(
    request: HttpRequest, form: GuestForm | OrderForm, words: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The form; or what it states, with the button that confirms it."""
    words |= {"form": form, "terms": Page.objects.filter(kind=Page.Kind.WITHDRAWAL).first()}
    if form.is_bound and "change" not in form.data and form.is_valid():
        stated = form.statement()
        words |= {"content": stated.content(), "seal": stated.sealed(), "stated": stated}
        return render(request, "orders/withdrawal/confirm.html", words)
    refused = 422 if form.is_bound and form.errors else status
    return render(request, "orders/withdrawal/form.html", words, status=refused)


def offered() -> None:
    """Shops outside the EU may have no right of withdrawal. Raises Http404."""
    if not Merchant.current().withdrawal_days:
        raise Http404("This shop offers no right of withdrawal.")
