"""`/checkout/`: one page, one form. Works without JavaScript: `update` shows the page again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bodega.cart import basket, cookies
from bodega.checkout import keys, limiting, placing
from bodega.checkout.counter import Counter
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.orders.privacy import private
from bodega.payments import lapsing, opening, stripe
from bodega.payments.returning import go_to_stripe, see_other

STALE = "This form was open for a long time or belongs to another cart. Please check it and order again."
BANK_SILENT = (
    "Our payment provider does not answer at the moment. Nothing was charged; please try again."
)
OPENS_SOON = (
    "Checkout opens in a moment: nothing was ordered yet. Please order again in a few seconds."
)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def checkout(request: HttpRequest) -> HttpResponse:
    """Show the form, or take it."""
    if not opening.is_open(utc_now()):
        return not_yet(request)
    if request.method == "POST":
        return take(request)
    counter = counter_for(request)
    if counter is None:
        return see_other(reverse("cart:page"))
    if not counter.basket.is_orderable:
        return explain(counter)
    return show(request, counter)


def not_yet(request: HttpRequest) -> HttpResponse:
    """The shop is asking Stripe what it may have missed. What was typed is shown again, not lost."""
    if request.method == "POST":
        response = again(request, OPENS_SOON, 503)
    else:
        words = {"seconds": opening.RETRY_SECONDS}
        response = render(request, "checkout/not_yet.html", words, status=503)
    response.headers["Retry-After"] = str(opening.RETRY_SECONDS)
    return response


def take(request: HttpRequest) -> HttpResponse:
    """A posted form: the same one again is the same order."""
    token, key = cart_token(request), request.POST.get("checkout_key", "")
    if not keys.belongs(key, token):
        return again(request, STALE)
    digest = keys.digest(key, request.POST.lists())
    placed = placing.PLACED.first(key=digest)
    if placed:
        return go_to_stripe(request, placed)
    return again(request) if "update" in request.POST else place(request, digest)


def place(request: HttpRequest, digest: str) -> HttpResponse:
    """Give up what this cart had placed before, place this, and go to the payment page."""
    try:
        return placed(request, digest)
    except limiting.TooMany:
        response = again(request, limiting.SENTENCE, 429)
        response.headers["Retry-After"] = str(limiting.WINDOW)
        return response
    except stripe.StripeUnreachable:
        return again(request, BANK_SILENT, 503)
    except placing.NotAsShown as changed:
        return again(request, str(changed), 409)


def placed(request: HttpRequest, digest: str) -> HttpResponse:
    """The order, on its way to be paid; or the page again, when something is missing."""
    now, who = utc_now(), (cart_token(request), request.META.get("REMOTE_ADDR", ""))
    limiting.refuse_too_many(*who)
    paid = lapsing.withdraw(who[0], keep=digest, now=now)
    counter = None if paid else counter_for(request)
    if counter is None:
        return see_other(paid.get_absolute_url() if paid else reverse("cart:page"))
    if not counter.is_ready:
        return show(request, counter, status=422)
    limiting.count(*who)
    return go_to_stripe(request, placing.place(counter, digest, now=now))


def again(request: HttpRequest, notice: str = "", status: int = 200) -> HttpResponse:
    """The page with everything that was typed, today's prices, and no complaints about gaps."""
    counter = counter_for(request)
    if counter is None:
        return see_other(reverse("cart:page"))
    counter.form.keep_only("code")
    return show(request, counter, notice=notice, status=status)


def counter_for(request: HttpRequest) -> Counter | None:
    """The visitor's cart at the counter, with what she posted; None when there is nothing to buy."""
    now = utc_now()
    cart = basket.find(cart_token(request), now)
    if cart is None:
        return None
    counter = Counter(cart, request.POST if request.method == "POST" else None, now=now)
    return None if counter.basket.is_empty else counter


def cart_token(request: HttpRequest) -> str:
    return request.COOKIES.get(cookies.TOKEN, "")


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
