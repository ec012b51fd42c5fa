"""Where Stripe sends the customer back to: paid, or not (design 5.2, point 4)."""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bodega.cart import basket, cookies
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.orders.privacy import private
from bodega.payments import attempts, lapsing, settling, stripe
from bodega.payments.models import Attempt

SESSION_ID = re.compile(r"cs_[A-Za-z0-9_]{1,110}")


@require_safe
@private
def success(request: HttpRequest) -> HttpResponse:
    """Settle at once instead of waiting for the webhook, then show the order."""
    session_id = request.GET.get("session_id", "")
    if not SESSION_ID.fullmatch(session_id):
        raise Http404("This address comes from Stripe, and it is not complete.")
    try:
        order = settling.settle(session_id, now=utc_now(), actor="customer", hurry=True)
    except stripe.StripeUnreachable:
        return _not_yet(request, session_id)
    except (settling.NotOurs, settling.OrderMissing, stripe.StripeRefused):
        raise Http404("Stripe knows no such payment.") from None
    return _see(request, order)


@require_safe
@private
def cancelled(request: HttpRequest, public_id: str) -> HttpResponse:
    """Back from Stripe without paying: the cart is still there, and so is the order."""
    order = get_object_or_404(Order, public_id=public_id)
    if not order.is_awaiting:
        return _see(request, order)
    return render(request, "payments/cancelled.html", {"order": order})


@require_http_methods(["GET", "HEAD", "POST"])
@private
def session(request: HttpRequest, public_id: str) -> HttpResponse:
    """The order's payment: POST goes (on) to Stripe, GET says that it could not be started."""
    order = get_object_or_404(Order, public_id=public_id)
    if not order.is_awaiting:
        return _see(request, order)
    if request.method != "POST":
        return _could_not(request, order)
    return go_to_stripe(request, order)


@require_POST
@private
def cancellation(request: HttpRequest, public_id: str) -> HttpResponse:
    """The customer wants to change what she ordered: give the unpaid order up, go back to the cart."""
    order = get_object_or_404(Order, public_id=public_id)
    try:
        if order.is_awaiting:
            lapsing.lapse(order, "Given up by the customer", now=utc_now())
    except stripe.StripeUnreachable:
        return _could_not(request, order, status=503)
    order.refresh_from_db()
    return _see(request, order) if order.is_paid or order.is_awaiting else see_other("/cart/")


def go_to_stripe(request: HttpRequest, order: Order) -> HttpResponse:
    """303 to the payment page; when Stripe cannot be reached, a page with a button that tries again."""
    now = utc_now()
    try:
        url = attempts.start_session(attempts.payable(order, now=now), now=now)
    except (attempts.NotPayable, stripe.StripeRefused):
        return _see(request, order)
    except stripe.StripeUnreachable:
        return _could_not(request, order, status=503)
    return see_other(url)


def see_other(url: str) -> HttpResponse:
    """303: GET this now, whatever the request was (RFC 9110, section 15.4.4)."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def _see(request: HttpRequest, order: Order) -> HttpResponse:
    """To the order's page, with the badge of the cart as it is now."""
    response = see_other(order.get_absolute_url())
    token = request.COOKIES.get(cookies.TOKEN, "")
    if token and token == order.cart_token:
        cookies.show_count(response, basket.count(token))
    return response


def _not_yet(request: HttpRequest, session_id: str) -> HttpResponse:
    """Stripe does not answer: the order's page waits for the webhook; without an order, wait here."""
    attempt = Attempt.objects.select_related("order").filter(session_id=session_id).first()
    if attempt:
        return _see(request, attempt.order)
    return render(request, "payments/not_yet.html", status=503)


def _could_not(request: HttpRequest, order: Order, status: int = 200) -> HttpResponse:
    words: dict[str, Any] = {"order": order}
    return render(request, "payments/not_started.html", words, status=status)
