"""Call an order off: its payment page is ended first; what was paid can be given back in the same go."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from bodega.backoffice.editing import actor_of
from bodega.backoffice.parcels import check_may_change, to_order
from bodega.backoffice.refund_form import outcome
from bodega.backoffice.refunds import LEVELS
from bodega.lib.clock import utc_now
from bodega.orders import cancelling
from bodega.orders.cancelling import CannotCancel
from bodega.orders.models import Order
from bodega.payments import lapsing, portions, refunding, stripe
from bodega.payments.models import Refund


class CancelForm(forms.Form):
    """Why, and what becomes of the money."""

    reason = forms.CharField(
        max_length=380,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="A sentence for the customer: “The print was damaged in our stock.”",
        error_messages={"required": "Say why: the customer reads it."},
    )
    refund = forms.BooleanField(
        label="Give back all that was paid",
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, order: Order, data: QueryDict | None = None) -> None:
        super().__init__(data, prefix="cancel")
        if not order.is_paid:
            del self.fields["refund"]


def shown(order: Order) -> dict[str, Any]:
    """What the order's page shows of calling it off; nothing for one that cannot be."""
    can_be = order.is_awaiting or (
        order.status == Order.Status.PAID and not order.shipments.exists()
    )
    return {"cancel_form": CancelForm(order) if can_be else None}


@staff_member_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancellation(request: HttpRequest, pk: int) -> HttpResponse:
    """An order's cancellation: POST makes it, GET shows the form."""
    check_may_change(request)
    order = get_object_or_404(Order, pk=pk)
    form = CancelForm(order, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return answer(request, order, form.cleaned_data)
        except (CannotCancel, portions.NotRefundable) as error:
            form.add_error(None, str(error))
        except stripe.StripeUnreachable as error:
            form.add_error(None, f"Stripe does not answer, so nothing was done: {error}")
    words = {
        **admin.site.each_context(request),
        "title": f"Cancel order {order.number}",
        "original": order,
        "cancel_form": form,
    }
    return render(request, "backoffice/cancel.html", words, status=422 if form.errors else 200)


def answer(request: HttpRequest, order: Order, words: dict[str, Any]) -> HttpResponse:
    """Call it off and say how that went, the money too."""
    with_refund = words.get("refund", False) and request.user.has_perm("payments.add_refund")
    made = call_off(
        order, words["reason"], actor=actor_of(request), now=utc_now(), refund=with_refund
    )
    messages.success(request, f"{order} is cancelled; the customer is told.")
    for each in made:
        level, sentence = outcome(each)
        messages.add_message(request, LEVELS[level], sentence)
    return to_order(order)


def call_off(
    order: Order, reason: str, *, actor: str, now: datetime, refund: bool = False
) -> list[Refund]:
    """Cancel, and if `refund`, give all of the money back. Network; repeating it changes nothing.

    Raises CannotCancel, NotRefundable, StripeUnreachable.
    """
    if order.is_awaiting:
        end_payment(order, now=now)
    with transaction.atomic():
        cancelling.cancel(order, reason, actor=actor, at=now)
        key = f"cancellation-{order.events.filter(kind='cancelled').count()}"
        if refund:
            refunding.record_everything(order, key=key, actor=actor, now=now, note=reason)
    return refunding.refund_everything(order, key=key, actor=actor, now=now) if refund else []


def end_payment(order: Order, *, now: datetime) -> None:
    """Have Stripe end the payment page, so that nobody pays what is called off. Raises CannotCancel."""
    lapsing.lapse(order, "The payment was ended by the shop", now=now)
    order.refresh_from_db()
    if order.is_paid:
        raise CannotCancel("It has just been paid. Look at it again; then it can be refunded.")
    if order.is_awaiting:
        raise CannotCancel(
            "The customer's bank is carrying the payment out, and nobody can stop it. Wait until it "
            "has arrived or failed, then cancel."
        )
