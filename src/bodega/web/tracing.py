"""A name for every request: taken from `X-Request-ID` or made here; in its answer and its log lines."""

import re
import secrets
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from bodega.lib.logs import request
from bodega.web.bridge import Scope, Send

HEADER = b"x-request-id"
# Nothing that could break a log line apart. https://http.dev/x-request-id: usually a UUID.
ACCEPTABLE = re.compile(rb"[A-Za-z0-9._:@/+=-]{1,128}")


def name_of(scope: Scope) -> bytes:
    """The request's name: the one it came with, when that is acceptable."""
    for name, value in scope["headers"]:
        if name == HEADER and ACCEPTABLE.fullmatch(value):
            return bytes(value)
    return secrets.token_hex(8).encode()


@contextmanager
def traced(scope: Scope, send: Send) -> Iterator[Send]:
    """What is logged inside belongs to this request; the answer that is sent carries its name."""
    name = name_of(scope)
    token = request.set(name.decode())

    async def named(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            # A new list: kept pages send the same one again and again.
            message = {**message, "headers": [*message["headers"], (HEADER, name)]}
        await send(message)

    try:
        yield named
    finally:
        request.reset(token)
