"""How the API answers: JSON, and for whatever is wrong {"error": {"code", "message", "field"}}.

The key is the only way in. Cookies are not looked at, so no other site can make a browser ask, and
posts need no origin (docs/decisions/0002-origin-checks.md).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from bodega.api import limiting
from bodega.customers import keys
from bodega.customers.models import ApiKey
from bodega.lib.clock import utc_now

View = Callable[..., HttpResponse]
READING = ("GET", "HEAD")
GUESSING = "Too many wrong keys; try again in a quarter of an hour."
NO_KEY = "Send your API key: “Authorization: Bearer bdg_…”. Keys are made in the back office."
WRONG_KEY = "There is no such API key, or it was revoked."


class Refused(Exception):
    """The request cannot be fulfilled; becomes the error's JSON."""

    def __init__(self, status: int, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.field = status, code, field


def endpoint(*methods: str) -> Callable[[View], View]:
    """For programs with a key: the view is called with the request, the key, and the address's parts."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                key = admitted(request, methods)
                response = view(request, key, *args, **kwargs)
            except Refused as error:
                response = refusal(error)
            response["Cache-Control"] = "no-store, private"
            return response

        return guarded

    return decorate


def admitted(request: HttpRequest, methods: tuple[str, ...]) -> ApiKey:
    """The key of whoever asks. Raises Refused."""
    key = authenticated(request)
    if limiting.is_too_fast(key.pk):
        raise Refused(
            429, "too_fast", f"At most {limiting.PER_KEY} requests a minute; wait a minute."
        )
    if request.method not in methods:
        sentence = f"This address answers {', '.join(methods)}, not {request.method}."
        raise Refused(405, "method_not_allowed", sentence)
    if request.method not in READING and not key.may_write:
        raise Refused(403, "read_only_key", f"The key {key.prefix}… may only read.")
    return key


def authenticated(request: HttpRequest) -> ApiKey:
    """The key named in `Authorization: Bearer …`. Raises Refused."""
    address = request.META.get("REMOTE_ADDR", "")
    if limiting.is_guessing(address):
        raise Refused(429, "too_many_wrong_keys", GUESSING)
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Refused(401, "no_key", NO_KEY)
    key = keys.find(secret.strip(), now=utc_now())
    if key is None:
        limiting.note_stranger(address)
        raise Refused(401, "wrong_key", WRONG_KEY)
    return key


def refusal(error: Refused) -> JsonResponse:
    """The error as JSON."""
    told = {"code": error.code, "message": str(error), "field": error.field or None}
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}}.get(error.status)
    return JsonResponse({"error": told}, status=error.status, headers=headers)


@endpoint("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def nothing_here(request: HttpRequest, _key: ApiKey) -> HttpResponse:
    """Any other address below /api/."""
    raise Refused(404, "no_such_address", f"There is nothing at {request.path}; see docs/api.md.")
