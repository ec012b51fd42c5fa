"""Addresses that only tests have: `ROOT_URLCONF = "tests.web.views"`."""

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


def done(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def failing(request: HttpRequest) -> HttpResponse:
    """Raises what the address asks for."""
    said = request.GET.get("said", "")
    errors: dict[str, Exception] = {
        "locked": OperationalError("database is locked"),
        "full": OperationalError("database or disk is full"),
        "sql": OperationalError("no such table: x"),
        "bug": ZeroDivisionError("division by zero"),
        "missing": Http404("There is no such print."),
        "model": Http404("No Product matches the given query."),
        "denied": PermissionDenied("Only the shop's owner may."),
        "bad": BadRequest("That is no number."),
    }
    raise errors[said]


urlpatterns = [
    path("form/", done),
    path("signed/", csrf_exempt(done)),
    path("backoffice/", done),
    path("failing/", failing),
]
handler400 = "bodega.web.errors.bad_request"
handler403 = "bodega.web.errors.forbidden"
handler404 = "bodega.web.errors.not_found"
handler500 = "bodega.web.errors.server_error"
