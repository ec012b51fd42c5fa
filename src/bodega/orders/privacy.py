"""Pages that only the person with the address should see."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """Not stored by anybody, not found by search engines, not told to other sites by a link.

    `same-origin` and not `no-referrer`: with the latter browsers send `Origin: null` when a form of the
    page is posted (Fetch standard, "serializing a request origin"), and such posts are refused.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store, private"
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"
        return response

    return guarded
