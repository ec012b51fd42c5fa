"""`/checkout/`: one page, one form. Works without JavaScript: `update` shows the page again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bodega.cart import basket, cookies
from bodega.checkout import keys, placing
from bodega.checkout.counter import Counter
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.orders.privacy import private
from bodega.payments import lapsing, stripe
from bodega.payments.returning import go_to_stripe, see_other

STALE = "This form was open for a long time or belongs to another cart. Please check it and order again."
BANK_SILENT = (
    "Our payment provider does not answer at the moment. Nothing was charged; please try again."
)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def checkout(request: HttpRequest) -> HttpResponse:
    """Show the form, or take it."""
    if request.method == "POST":
        return take(request)
    counter = counter_for(request)
    if counter is None:
        return see_other(reverse("cart:page"))
    if not counter.basket.is_orderable:
        return explain(counter)
    return show(request, counter)


def take(request: HttpRequest) -> HttpResponse:
    """A posted form: an order and the way to the payment page, or the page again with what is wrong."""
    token, key = request.COOKIES.get(cookies.TOKEN, ""), request.POST.get("checkout_key", "")
    digest = keys.digest(key, request.POST.lists())
    is_ours = keys.belongs(key, token)
    placed = Order.objects.filter(checkout_key=digest).first() if is_ours else None
    if placed:
        return go_to_stripe(request, placed)
    if is_ours and "update" not in request.POST:
        return place(request, digest)
    counter = counter_for(request)
    if counter is None:
        return see_other(reverse("cart:page"))
    counter.form.keep_only("code")
    return show(request, counter, notice="" if is_ours else STALE)


def place(request: HttpRequest, digest: str) -> HttpResponse:
    """Give up what this cart had placed before, then place this; told if something is not as shown."""
    now, token = utc_now(), request.COOKIES.get(cookies.TOKEN, "")
    try:
        paid = lapsing.withdraw(token, keep=digest, now=now)
    except stripe.StripeUnreachable:
        paid, notice, status = None, BANK_SILENT, 503
    else:
        notice, status = "", 422
    counter = None if paid else counter_for(request)
    if counter is None:
        return see_other(paid.get_absolute_url() if paid else reverse("cart:page"))
    if notice or not counter.is_ready:
        return show(request, counter, notice=notice, status=status)
    try:
        return go_to_stripe(request, placing.place(counter, digest, now=now))
    except placing.NotAsShown as changed:
        counter = Counter(counter.cart, request.POST, now=now)
        return show(request, counter, notice=str(changed), status=409)


def counter_for(request: HttpRequest) -> Counter | None:
    """The visitor's cart at the counter, with what she posted; None when there is nothing to buy."""
    now = utc_now()
    cart = basket.find(request.COOKIES.get(cookies.TOKEN, ""), now)
    if cart is None:
        return None
    counter = Counter(cart, request.POST if request.method == "POST" else None, now=now)
    return None if counter.basket.is_empty else counter


def explain(counter: Counter) -> HttpResponse:
    """Something cannot be had: the cart says what. If it is held by the customer's own order, that."""
    held = Order.objects.filter(
        cart_token=counter.cart.token, status=Order.Status.AWAITING_PAYMENT
    ).last()
    if held:
        return see_other(reverse("payments:cancelled", args=[held.public_id]))
    return see_other(reverse("cart:page"))


def show(
    request: HttpRequest, counter: Counter, *, notice: str = "", status: int = 200
) -> HttpResponse:
    """The page, with everything that was typed."""
    key, token = request.POST.get("checkout_key", ""), counter.cart.token
    words: dict[str, Any] = counter.words() | {
        "notice": notice,
        "checkout_key": key if keys.belongs(key, token) else keys.new_key(token),
    }
    return render(request, "checkout/page.html", words, status=status)
