"""Error pages: what happened, what it means for the visitor, what to do next."""

import logging
import secrets
import sys

from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

log = logging.getLogger(__name__)

# What SQLite says when it cannot serve just now (https://sqlite.org/rescode.html), and the status.
PASSING = {
    "database is locked": "somebody else has been writing for too long",
    "database or disk is full": "the disk is full",
    "read-only file system": "the volume is read-only",
    "disk i/o error": "the disk fails",
    "unable to open database file": "the volume is not there",
    "attempt to write a readonly database": "the volume is read-only",
}
RETRY_SECONDS = 5


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400. Only sentences that were written for visitors are shown."""
    if isinstance(exception, DisallowedHost):
        # Not in the shop's look: whose shop this is, is just what we cannot say.
        sentence = "This server does not answer to that host name. Is the address right?\n"
        return HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=400)
    reason = str(exception) if isinstance(exception, BadRequest) else ""
    if isinstance(exception, RequestDataTooBig):
        reason = "There was more in the form than this page takes."
    return render(request, "errors/400.html", {"reason": reason}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the sentence of the PermissionDenied."""
    reason = str(exception) if isinstance(exception, PermissionDenied) else ""
    return render(request, "errors/403.html", {"reason": reason}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, with the sentence of the Http404 if a view gave one."""
    told = exception.args[0] if isinstance(exception, Http404) and exception.args else ""
    reason = told if isinstance(told, str) and not told.startswith("No ") else ""
    return render(request, "errors/404.html", {"reason": reason}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when trying again may help. Never asks the database: it may be what is broken."""
    incident = secrets.token_hex(4)
    error = sys.exception()
    passing = why_unavailable(error)
    log.error("incident %s: %s %s: %s", incident, request.method, request.path, passing or error)
    name, status = ("errors/503.html", 503) if passing else ("errors/500.html", 500)
    response = HttpResponse(render_to_string(name, {"incident": incident}), status=status)
    if passing:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def why_unavailable(error: BaseException | None) -> str:
    """Why the database cannot serve just now, for the log; "" for any other error."""
    if not isinstance(error, OperationalError):
        return ""
    message = str(error).lower()
    return next((reason for said, reason in PASSING.items() if said in message), "")
