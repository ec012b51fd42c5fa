"""For Django projects without our web bridge: the barrier and the names, as middleware.

    MIDDLEWARE = ["bodega.databases.middleware.DurableAnswers", …]      # the first of the list

With it, files may have `OPTIONS = {"durability": "group"}`. (Bodega itself passes the barrier in
`web/bridge`, outside of all middleware.)
"""

import logging
from collections.abc import Callable, Iterator
from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from bodega.databases import watchdog
from bodega.databases.durability import CannotAcknowledge, durable
from bodega.databases.naming import acting_as, rename

log = logging.getLogger(__name__)

SENTENCE = "This cannot be confirmed, so please take it as not done. Try again in a moment.\n"


class DurableAnswers:
    """Lets an answer go only when what it relies on survives a power cut; 503 when that cannot be."""

    def __init__(self, handle: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.handle = handle
        watchdog.start()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            with acting_as(f"{request.method} request"):
                response = self.handle(request)
            durable()
        except CannotAcknowledge as error:
            log.error("An answer was withheld: %s", error)
            headers = {"Retry-After": "5", "Cache-Control": "no-store"}
            return HttpResponse(SENTENCE, "text/plain; charset=utf-8", 503, headers=headers)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            blocks = cast(Iterator[bytes], response.streaming_content)
            response.streaming_content = _each_durable(blocks)
        return response

    def process_view(
        self, _request: HttpRequest, view: Callable[..., object], _args: object, _kwargs: object
    ) -> None:
        """Django's hook before a view."""
        rename(f"view {view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}")


def _each_durable(blocks: Iterator[bytes]) -> Iterator[bytes]:
    for block in blocks:
        durable()  # the block may tell what was read after the last one
        yield block
