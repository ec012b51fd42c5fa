"""Error pages that look like the shop."""

from django.http import HttpRequest, HttpResponse


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(str(exception), status=400)


forbidden = not_found = bad_request


def server_error(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("error", status=500)
