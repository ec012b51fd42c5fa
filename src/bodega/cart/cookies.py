"""The two cookies of a guest's cart.

`cart` is the token, 128 random bits that only the server reads. `cart_count` is for the page's script:
catalogue pages are the same for everybody, so the number on the badge cannot be in their HTML.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from bodega.cart.changing import LIFETIME

TOKEN, COUNT = "cart", "cart_count"


def visitor(request: HttpRequest) -> list[str]:
    """Who asks, for `repeats`: a cart, and where from.

    Whoever has no cart yet has only the address; and a first answer that broke off in the middle may
    have brought the cookie, so the repeat is looked for under both.
    """
    address = f"address {request.META.get('REMOTE_ADDR', '')}"
    token = request.COOKIES.get(TOKEN)
    return [f"cart {token}", address] if token else [address]


def remember(response: HttpResponse, token: str, count: int) -> None:
    """Have the browser keep the cart as long as we do."""
    _set(response, TOKEN, token, httponly=True)
    show_count(response, count)


def show_count(response: HttpResponse, count: int) -> None:
    """Correct the badge."""
    _set(response, COUNT, str(count), httponly=False)


def _set(response: HttpResponse, key: str, value: str, *, httponly: bool) -> None:
    response.set_cookie(
        key,
        value,
        max_age=int(LIFETIME.total_seconds()),
        httponly=httponly,
        secure=settings.BEHIND_TLS,
        samesite="Lax",
    )
