"""The cart over HTTP. Every form works without a script: POST, then 303 back to the cart.

What was refused is answered with the cart page itself and status 422, the sentence beside the field, so
nothing has to be remembered between two requests.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bodega.cart import basket, changing, cookies, page
from bodega.cart.models import Cart
from bodega.catalog.models import Variant
from bodega.discounts.checking import CodeRefused
from bodega.lib.clock import utc_now
from bodega.repeats.answering import repeatable

UNKNOWN_ARTICLE = "This article is not sold here."
NO_SUCH_LINE = "There is no such line in your cart; it may have been removed already."


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """The cart; writes nothing but the badge's cookie."""
    return _page(request, _cart(request))


@require_POST
@never_cache
@repeatable(cookies.visitor)
def add(request: HttpRequest) -> HttpResponse:
    """Put a variant in: fields `variant` (its id) and `quantity`. Answers JSON to a script."""
    try:
        wanted = _number(request.POST.get("variant", ""), 2**63 - 1, UNKNOWN_ARTICLE)
        quantity, variant = _quantity(request, least=1), changing.article(wanted)
        cart = changing.put(_token(request), variant, quantity, utc_now())
    except changing.CartRefused as refused:
        return _not_added(request, str(refused))
    return _added(request, cart, variant)


@require_POST
@never_cache
@repeatable(cookies.visitor)
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """Set a line's `quantity`; 0 removes it."""
    cart = _cart_with(request, line_id)
    try:
        changing.set_quantity(cart, line_id, _quantity(request, least=0), utc_now())
    except changing.LineMissing:
        raise Http404(NO_SUCH_LINE) from None
    except changing.CartRefused as refused:
        return _page(request, cart, 422, line_error=str(refused), line_error_at=line_id)
    return _back(cart)


@require_POST
@never_cache
@repeatable(cookies.visitor)
def code(request: HttpRequest) -> HttpResponse:
    """Set the discount code; an empty one takes it away."""
    cart = _cart(request)
    typed = request.POST.get("code", "")
    try:
        if cart:
            changing.set_code(cart, typed, utc_now())
    except CodeRefused as refused:
        return _page(request, cart, 422, code=typed, code_error=str(refused))
    return _back(cart)


@require_POST
@never_cache
@repeatable(cookies.visitor)
def country(request: HttpRequest) -> HttpResponse:
    """Choose where the estimate of shipping and taxes is for."""
    cart = _cart(request)
    try:
        if cart:
            changing.set_country(cart, request.POST.get("country", ""), utc_now())
    except changing.CartRefused as refused:
        return _page(request, cart, 422, country_error=str(refused))
    return _back(cart)


def _token(request: HttpRequest) -> str:
    return request.COOKIES.get(cookies.TOKEN, "")


def _cart(request: HttpRequest) -> Cart | None:
    return basket.find(_token(request), utc_now())


def _cart_with(request: HttpRequest, line_id: int) -> Cart:
    """The visitor's cart, if the line is in it; another's line is as unknown as none."""
    cart = _cart(request)
    if cart is None or not cart.lines.filter(pk=line_id).exists():
        raise Http404(NO_SUCH_LINE)
    return cart


def _quantity(request: HttpRequest, *, least: int) -> int:
    sentence = f"Please give a quantity from {least} to {changing.MAX_QUANTITY}."
    quantity = _number(request.POST.get("quantity", "1"), changing.MAX_QUANTITY, sentence)
    if quantity < least:
        raise changing.CartRefused(sentence)
    return quantity


def _number(text: str, most: int, sentence: str) -> int:
    """A whole number from a form, or CartRefused with `sentence`."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 19 or int(digits) > most:
        raise changing.CartRefused(sentence)
    return int(digits)


def _page(
    request: HttpRequest, cart: Cart | None, status: int = 200, **feedback: Any
) -> HttpResponse:
    """The cart page, with what to say about the last request; corrects a badge that is wrong."""
    contents = basket.Basket(cart)
    words = page.contents(contents, utc_now(), request.GET.get("added", "")) | feedback
    response = render(request, "cart/page.html", words, status=status)
    if request.COOKIES.get(cookies.COUNT, "0") != str(contents.count):
        cookies.show_count(response, contents.count)
    return response


def _added(request: HttpRequest, cart: Cart, variant: Variant) -> HttpResponse:
    count = basket.count(cart.token)
    response: HttpResponse
    if _wants_json(request):
        message = f"{basket.name(variant)} is in your cart."
        response = JsonResponse({"count": count, "message": message})
    else:
        response = _see_cart("?" + urlencode({"added": variant.sku}))
    cookies.remember(response, cart.token, count)
    return response


def _not_added(request: HttpRequest, message: str) -> HttpResponse:
    cart = _cart(request)
    if _wants_json(request):
        count = basket.count(cart.token) if cart else 0
        return JsonResponse({"count": count, "message": message}, status=422)
    return _page(request, cart, 422, error=message)


def _back(cart: Cart | None) -> HttpResponse:
    """Back to the cart after a change, with both cookies as long-lived as the cart."""
    response = _see_cart()
    if cart:
        cookies.remember(response, cart.token, basket.count(cart.token))
    return response


def _see_cart(query: str = "") -> HttpResponse:
    """303 "See Other": whatever the request was, GET this now (RFC 9110, section 15.4.4)."""
    response = HttpResponseRedirect(reverse("cart:page") + query)
    response.status_code = 303
    return response


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
